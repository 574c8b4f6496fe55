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

/// <param name="Moment">Rises over all devices of a history (<see cref="Moments"/>): of two events, the one with the lower moment happened first.</param>
/// <param name="Connection">Counts the device's connections; 0 for what needs none.</param>
internal abstract record HistoryEvent(long Moment, int Connection)
{
    /// <summary>The device begins to connect; the server cannot have accepted it earlier.</summary>
    internal sealed record Opening(long Moment, int Connection) : HistoryEvent(Moment, Connection);

    internal sealed record Sending(long Moment, int Connection, string ConversationId, string ClientMsgId, string Text, string? File = null, string? ThreadId = null, string Mentions = "")
        : HistoryEvent(Moment, Connection);

    /// <summary>A send was refused for good.</summary>
    internal sealed record SendRefused(long Moment, int Connection, string ConversationId, string ClientMsgId, string Code)
        : HistoryEvent(Moment, Connection);

    /// <param name="Timestamp">The message's, in ms.</param>
    internal sealed record SendAcked(long Moment, int Connection, string ConversationId, string ClientMsgId, string MessageId, long SeqNo, long Timestamp = 0)
        : HistoryEvent(Moment, Connection);

    internal sealed record Received(long Moment, int Connection, string ConversationId, LoggedMessage Message)
        : HistoryEvent(Moment, Connection);

    /// <summary>The device begins to ack everything up to a seqNo; whether the server hears of it is unknown.</summary>
    /// <param name="IsRead">Whether its user has read it.</param>
    internal sealed record Acking(long Moment, int Connection, string ConversationId, long SeqNo, bool IsRead = false) : HistoryEvent(Moment, Connection);

    /// <summary>The server has handled an ack: it answered what the device sent after it.</summary>
    internal sealed record Acked(long Moment, int Connection, string ConversationId, long SeqNo, bool IsRead = false) : HistoryEvent(Moment, Connection);

    /// <summary>The device begins to ask for notifications at an address, or for none any more: it ends its subscription, signs out, or is revoked.</summary>
    /// <param name="Address">Null for none any more.</param>
    /// <param name="Answered">When the server had answered.</param>
    internal sealed record Subscribing(long Moment, string? Address, long Answered) : HistoryEvent(Moment, 0);

    /// <summary>The device's user begins to mute a conversation, or to hear of it again.</summary>
    /// <param name="Answered">When the server had answered.</param>
    internal sealed record Muting(long Moment, string ConversationId, bool IsMuted, long Answered) : HistoryEvent(Moment, 0);

    /// <summary>The device's user, who has the message, has asked for its file.</summary>
    internal sealed record FileRead(long Moment, int Connection, string MessageId, string File, FileOutcome Outcome) : HistoryEvent(Moment, Connection);

    internal sealed record CaughtUp(long Moment, int Connection) : HistoryEvent(Moment, Connection);

    /// <summary>The device begins to try a change; on no connection through REST, at any server.</summary>
    internal sealed record Changing(long Moment, int Connection, string ConversationId, string ClientMsgId, WantedChange Change)
        : HistoryEvent(Moment, Connection);

    /// <summary>A try was answered with the entry that made the change.</summary>
    /// <param name="Begun">The moment of the try.</param>
    internal sealed record ChangeAcked(
        long Moment, int Connection, string ConversationId, string ClientMsgId, string MessageId, long SeqNo, long Timestamp, long Begun)
        : HistoryEvent(Moment, Connection);

    /// <summary>A try was refused for good.</summary>
    internal sealed record ChangeRefused(long Moment, int Connection, string ConversationId, string ClientMsgId, string Code)
        : HistoryEvent(Moment, Connection);

    /// <summary>Somebody began to change a group, and was told that it is so; on no connection.</summary>
    /// <param name="Answered">When the server had answered.</param>
    /// <param name="Tries">More than one where some were not answered.</param>
    internal sealed record GroupChanged(long Moment, string ConversationId, GroupChange Change, long Answered, int Tries = 1) : HistoryEvent(Moment, 0);

    /// <summary>The user began to change its own settings of a conversation, and was told how they count now; on no connection.</summary>
    /// <param name="Answered">When the server had answered.</param>
    internal sealed record SettingsChanged(long Moment, string ConversationId, OwnSettings Wanted, long Answered, OwnSettings Answer) : HistoryEvent(Moment, 0);

    internal sealed record NoticeReceived(long Moment, int Connection, string ConversationId, LoggedNotice Notice)
        : HistoryEvent(Moment, Connection);

    internal sealed record TimerReceived(long Moment, int Connection, string ConversationId, LoggedTimer Timer)
        : HistoryEvent(Moment, Connection);

    /// <summary>The user began to set the timer of a conversation, and was told with which entry it is so; on no connection.</summary>
    /// <param name="Answered">When the server had answered.</param>
    internal sealed record TimerSet(long Moment, string ConversationId, string ClientMsgId, long Seconds, long Answered, string MessageId, long SeqNo) : HistoryEvent(Moment, 0);

    /// <summary>The user read the newest page of a conversation; on no connection.</summary>
    /// <param name="Answered">When the server had answered.</param>
    internal sealed record PageRead(long Moment, LogView Page, long Answered) : HistoryEvent(Moment, 0);

    internal sealed record ChangeReceived(long Moment, int Connection, string ConversationId, LoggedChange Change)
        : HistoryEvent(Moment, Connection);
}

/// <param name="ClientMsgId">Known to the sender alone, null in what others see.</param>
/// <param name="Text">As it is shown; empty for one that was deleted.</param>
/// <param name="File">Its file as the message tells of it; null for none.</param>
internal sealed record LoggedMessage(string MessageId, long SeqNo, string SenderId, string? ClientMsgId, string Text, string? File = null)
{
    /// <summary>What changes have made of it; null where it was never changed.</summary>
    public SeenState? State { get; init; }

    /// <summary>The reactions that its state counts, with those whom it names.</summary>
    public IReadOnlyList<SeenReaction> Reactions { get; init; } = [];

    /// <summary>The users that it mentions, with blanks between them.</summary>
    public string Mentions { get; init; } = "";

    /// <summary>The root of the thread that it is in; null for none.</summary>
    public string? ThreadId { get; init; }

    public long? ThreadSeqNo { get; init; }

    /// <summary>In ms.</summary>
    public long Timestamp { get; init; }

    /// <summary>In ms; null for never.</summary>
    public long? ExpiresAt { get; init; }

    public SeenState StateOrText => State ?? SeenState.Of(Text, Mentions);
}

/// <summary>What a reader of a file got.</summary>
internal enum FileOutcome
{
    Intact,
    OtherBytes,
    Refused,
}

/// <summary>A conversation's log as one member reads it in the end.</summary>
internal sealed record LogView(string ConversationId, string ReaderId, IReadOnlyList<LoggedMessage> Messages)
{
    /// <summary>The server that was asked.</summary>
    public string Server { get; init; } = "";

    public IReadOnlyList<LoggedChange> Changes { get; init; } = [];

    public IReadOnlyList<LoggedNotice> Notices { get; init; } = [];

    public IReadOnlyList<LoggedTimer> Timers { get; init; } = [];

    /// <summary>After how many seconds messages expire, as the list of conversations has it; 0 for never, null if that was not read.</summary>
    public long? Timer { get; init; }

    /// <summary>The group; null if it was not read.</summary>
    public SeenGroup? Group { get; init; }

    /// <summary>Its reader comes to the group and goes: it need not have all of the log.</summary>
    public bool IsGuest { get; init; }

    /// <summary>It was refused, as its reader is no member.</summary>
    public bool IsRefused { get; init; }

    /// <summary>A guest sees nothing of before it came.</summary>
    public bool IsFromJoin { get; init; }

    /// <summary>The reader's own settings; null if they were not read.</summary>
    public OwnSettings? Own { get; init; }

    /// <summary>Where the conversation is listed; null if that was not read.</summary>
    public Listing? Listing { get; init; }

    /// <summary>What the lists of some changed messages say.</summary>
    public IReadOnlyList<MessageLists> Lists { get; init; } = [];

    /// <summary>The newest message, as the list of conversations has it; null if that was not read.</summary>
    public LoggedMessage? Newest { get; init; }

    /// <summary>The pinned messages, as listed; null if they were not read.</summary>
    public IReadOnlyList<string>? Pins { get; init; }

    /// <summary>The roots of its threads, as listed; null if they were not read.</summary>
    public IReadOnlyList<string>? Threads { get; init; }

    /// <summary>The messages of some of the threads, by their roots.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ThreadMessages { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>What the list of conversations counts; null if that was not read.</summary>
    public Unread? Unread { get; init; }

    public override string ToString() => $"{ConversationId} as {ReaderId} reads it{(Server.Length == 0 ? "" : $" at {Server}")}";
}

/// <summary>What a list of conversations counts above the user's read cursor.</summary>
internal sealed record Unread(long MaxSeqNo, long ReadSeqNo, long Count, bool IsCapped, long Mentions);

/// <summary>Numbers events over all devices: by the clock's ticks, made to rise.</summary>
internal sealed class Moments
{
    private long _last;

    public long Next()
    {
        for (var last = Volatile.Read(ref _last); ;)
        {
            var next = Math.Max(last + 1, TimeProvider.System.GetUtcNow().Ticks);
            var found = Interlocked.CompareExchange(ref _last, next, last);
            if (found == last)
                return next;
            last = found;
        }
    }
}
