namespace Chat.BuildingBlocks.Nodes.Leases;

/// <summary>A server by itself.</summary>
internal sealed class EmbeddedNodes : INodes
{
    public NodeId Self { get; } = NodeId.New();

    public IReadOnlyList<NodeId> Live => [];

    public bool HoldsLease => true;
}
