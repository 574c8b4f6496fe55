using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

// What expires, by time.
internal partial interface ILogTables
{
    /// <summary>Writes when messages of one conversation expire, all of which do.</summary>
    Task WriteExpiriesAsync(IReadOnlyList<LoggedMessage> messages, CancellationToken ct);

    /// <summary>What expires in an hour and part (<see cref="ExpiryHours"/>) up to a time, by time, conversation and seqNo, after a place; null for the first.</summary>
    Task<IReadOnlyList<ExpiringPlace>> ReadExpiriesAsync(long hour, int part, ExpiringPlace? after, DateTimeOffset upTo, int limit, CancellationToken ct);

    /// <summary>Deletes all of an hour and part up to a time.</summary>
    Task RemoveExpiriesAsync(long hour, int part, DateTimeOffset upTo, CancellationToken ct);

    /// <summary>The hour up to which the sweep is done; null where there was none.</summary>
    Task<long?> ReadSweptHourAsync(CancellationToken ct);

    Task WriteSweptHourAsync(long hour, CancellationToken ct);
}

/// <summary>A message that expires.</summary>
internal sealed record ExpiringPlace(DateTimeOffset ExpiresAt, ConversationId Conversation, SeqNo SeqNo);

/// <summary>The partitions of what expires.</summary>
internal static class ExpiryHours
{
    /// <summary>Parts of an hour. Must never change: rows are found by it.</summary>
    public const int Parts = 8;

    private const long HourMs = 3_600_000;

    public static long Of(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / HourMs;

    /// <summary>The same on all servers, for ever (FNV-1a).</summary>
    public static int PartOf(ConversationId conversation)
    {
        var hash = 2_166_136_261u;
        foreach (var character in conversation.Value)
            hash = (hash ^ character) * 16_777_619u;
        return (int)(hash % Parts);
    }
}
