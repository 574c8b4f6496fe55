using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>The partitions of the messages' states and reactions: the message's seqNo determines the partition.</summary>
internal static class Blocks
{
    /// <summary>Messages in a block: 10,000 reactions on each make 75 MB. Must never change: rows are found by it.</summary>
    public const int Size = 64;

    /// <summary>From 0; seqNo 0, which stands for the conversation, belongs to the first.</summary>
    public static long Of(SeqNo target) => Math.Max(0, target.Value - 1) / Size;
}
