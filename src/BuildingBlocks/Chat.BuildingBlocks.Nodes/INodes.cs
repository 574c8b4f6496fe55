namespace Chat.BuildingBlocks.Nodes;

/// <summary>The servers that work together, as this one knows them. What changes is told to each <see cref="INodeObserver"/>.</summary>
public interface INodes
{
    /// <summary>This server. Another one after it has lost its lease.</summary>
    NodeId Self { get; }

    /// <summary>The others whose lease runs; a snapshot, in no order. One that died is in it for <see cref="NodesOptions.LeaseMs"/> at most.</summary>
    IReadOnlyList<NodeId> Live { get; }

    /// <summary>
    /// Whether the others still count on this server. False once it has not renewed its lease in time, whatever the reason: what it remembers of the
    /// others may be old then, and must be told to nobody. By the monotonic clock, so that it is false in the moment in which a stopped process goes on.
    /// </summary>
    bool HoldsLease { get; }
}
