namespace Chat.EndToEnd.Tests.History;

/// <summary>What one device did and saw, in its order, over all its connections.</summary>
internal sealed class DeviceHistory(string userId, string deviceId)
{
    private readonly Lock _gate = new();
    private readonly List<HistoryEvent> _events = [];

    public string UserId { get; } = userId;

    public string DeviceId { get; } = deviceId;

    public string Name => $"{UserId}/{DeviceId}";

    public IReadOnlyList<HistoryEvent> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public void Add(HistoryEvent happened)
    {
        lock (_gate)
            _events.Add(happened);
    }
}

/// <param name="Moment">Rises over all devices of a history: of two events, the one with the lower moment happened first.</param>
/// <param name="Connection">Counts the device's connections.</param>
internal abstract record HistoryEvent(long Moment, int Connection)
{
    /// <summary>The device begins to connect; the server cannot have accepted it earlier.</summary>
    internal sealed record Opening(long Moment, int Connection) : HistoryEvent(Moment, Connection);

    internal sealed record Sending(long Moment, int Connection, string ConversationId, string ClientMsgId, string Text, string? File = null)
        : HistoryEvent(Moment, Connection);

    internal sealed record SendAcked(long Moment, int Connection, string ConversationId, string ClientMsgId, string MessageId, long SeqNo)
        : HistoryEvent(Moment, Connection);

    internal sealed record Received(long Moment, int Connection, string ConversationId, LoggedMessage Message)
        : HistoryEvent(Moment, Connection);

    /// <summary>The device begins to ack everything up to a seqNo; whether the server hears of it is unknown.</summary>
    internal sealed record Acking(long Moment, int Connection, string ConversationId, long SeqNo) : HistoryEvent(Moment, Connection);

    /// <summary>The device's user, who has the message, has asked for its file.</summary>
    internal sealed record FileRead(long Moment, int Connection, string MessageId, string File, FileOutcome Outcome) : HistoryEvent(Moment, Connection);

    internal sealed record CaughtUp(long Moment, int Connection) : HistoryEvent(Moment, Connection);
}

/// <param name="ClientMsgId">Known to the sender alone, null in what others see.</param>
/// <param name="File">Its file as the message tells of it; null for none.</param>
internal sealed record LoggedMessage(string MessageId, long SeqNo, string SenderId, string? ClientMsgId, string Text, string? File = null);

/// <summary>What a reader of a file got.</summary>
internal enum FileOutcome
{
    Intact,
    OtherBytes,
    Refused,
}

/// <summary>A conversation's log as one member reads it in the end.</summary>
internal sealed record LogView(string ConversationId, string ReaderId, IReadOnlyList<LoggedMessage> Messages);

/// <summary>Numbers events over all devices.</summary>
internal sealed class Moments
{
    private long _last;

    public long Next() => Interlocked.Increment(ref _last);
}
