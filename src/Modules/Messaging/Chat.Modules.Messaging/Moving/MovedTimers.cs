using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Messaging.Log.Cluster;
using Chat.Modules.Messaging.Log.Embedded;

namespace Chat.Modules.Messaging.Moving;

/// <summary>The timers of conversations (<see cref="TimerState"/>).</summary>
internal sealed class MovedTimers(RocksMessageLog log) : MovedTable
{
    public override string Name => "timers";

    public override string Table => "messaging_states";

    public override IReadOnlyList<string> Columns => MovedStates.AllColumns;

    public override int PartitionColumns => 2;

    // Not known without reading them all.
    public override long EstimateRows() => 0;

    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => values[2] is SeqNo.MaxValue;

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) =>
        [.. log.ReadTimers(after is null ? null : ConversationId.Parse(after), limit).Select(one => new MovedRow(
            one.Conversation.Value, MovedStates.ToValues(one.Conversation, TimerState.Target, TimerState.Of(one.Timer))))];
}

/// <summary>What expires, by time.</summary>
internal sealed class MovedExpiries(RocksMessageLog log) : OfIndex(log, StateKeys.AllExpiries)
{
    public override string Name => "messages that expire";

    public override string Table => "messaging_expiries";

    public override IReadOnlyList<string> Columns { get; } = ["hour", "part", "expires_at", "conversation", "seq_no"];

    public override int PartitionColumns => 2;

    protected override MovedRow ToRow(string position, byte[] key)
    {
        var (unixMs, conversation, message) = StateKeys.ReadExpiry(key);
        var expiresAt = DateTimeOffset.FromUnixTimeMilliseconds(unixMs);
        return new MovedRow(position, [ExpiryHours.Of(expiresAt), ExpiryHours.PartOf(conversation), expiresAt, conversation.Value, message.Value]);
    }
}
