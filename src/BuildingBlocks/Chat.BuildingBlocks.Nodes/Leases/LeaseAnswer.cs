namespace Chat.BuildingBlocks.Nodes.Leases;

/// <summary>What Redis says of the leases.</summary>
/// <param name="IsHeld">False where this node's had ended.</param>
/// <param name="Content">Names what is in this Redis; another name: what was there may be gone.</param>
/// <param name="Running">The nodes whose lease runs, this one among them, and for how long yet.</param>
internal sealed record LeaseAnswer(bool IsHeld, string Content, IReadOnlyDictionary<NodeId, TimeSpan> Running);
