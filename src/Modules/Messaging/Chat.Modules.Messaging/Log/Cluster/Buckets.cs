using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>The partitions of a conversation's messages: the seqNo determines the partition.</summary>
internal static class Buckets
{
    /// <summary>
    /// Messages in a bucket: about 1 MiB of usual ones (250 bytes), 67 MiB of the largest (16 KiB); Cassandra is at ease below 100 MB a
    /// partition. Must never change: rows are found by it.
    /// </summary>
    public const int Size = 4096;

    /// <summary>From 0; seqNo 0 belongs to the first.</summary>
    public static long Of(SeqNo seqNo) => Math.Max(0, seqNo.Value - 1) / Size;

    public static bool IsLastOf(SeqNo seqNo) => seqNo.Value % Size == 0;
}
