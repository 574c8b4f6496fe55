namespace Chat.BuildingBlocks.Nodes;

/// <summary>Is told what changes among the nodes. Each call only takes note and returns at once: while it runs, this node's lease is not renewed.</summary>
/// <remarks>Calls come one after the other, but <see cref="Missed"/>, which comes before the next message of that node.</remarks>
public interface INodeObserver
{
    /// <summary>This node has a lease, as <paramref name="self"/>: at the start, and anew after <see cref="LeaseLost"/>. What it keeps with the others is registered from here on.</summary>
    void LeaseGained(NodeId self) { }

    /// <summary>
    /// The others count on this node no more: they have forgotten what it registered, and what they sent it since has not come. What it knows of them is
    /// to be read again.
    /// </summary>
    void LeaseLost(LeaseLoss reason) { }

    /// <summary>Another node is there. Before its first message.</summary>
    void Joined(NodeId node) { }

    /// <summary>Another node has ended, or its lease has. At most the message that is being received comes after it.</summary>
    void Left(NodeId node) { }

    /// <summary>What the nodes kept together in Redis may be gone. This node's lease runs on; what it had registered is registered again, paced.</summary>
    void SharedStateLost() { }

    /// <summary>Messages of a node have been lost, once for each gap. What they may have told is to be read again, paced.</summary>
    void Missed(NodeId from) { }
}

/// <summary>Why a node's lease has ended.</summary>
public enum LeaseLoss
{
    /// <summary>The process stood still. Its clients have waited in vain meanwhile.</summary>
    StoodStill,

    /// <summary>Redis did not answer. Everything else of this node went on.</summary>
    RedisUnreachable,

    /// <summary>By Redis's clock it has ended, and by this node's it has not: Redis was held up or its clock has jumped, or this machine was suspended with its clock.</summary>
    Refused,
}
