namespace Chat.EndToEnd.Tests.History;

/// <summary>One conversation's log with all that is known of its changes, those among them that went with a deleted message.</summary>
internal sealed class ChangedLog
{
    private static readonly LoggedChange[] None = [];

    private readonly Dictionary<string, LoggedChange[]> _byTarget;
    private readonly Dictionary<string, SeenState> _sent;

    public ChangedLog(Log log, IReadOnlyCollection<DeviceHistory> devices)
    {
        Log = log;
        var events = devices.SelectMany(device => device.Events.Select(happened => (Device: device, Event: happened))).ToList();
        var known = log.Changes.ToDictionary(change => change.MessageId, StringComparer.Ordinal);
        foreach (var received in events.Select(one => one.Event).OfType<HistoryEvent.ChangeReceived>().Where(one => one.ConversationId == log.ConversationId))
        {
            // Who made it is told its clientMsgId.
            if (!known.TryGetValue(received.Change.MessageId, out var held) || held.ClientMsgId is null && received.Change.ClientMsgId is not null)
                known[received.Change.MessageId] = received.Change;
        }
        var places = log.Messages.ToDictionary(message => message.MessageId, message => message.SeqNo, StringComparer.Ordinal);
        foreach (var (device, acked, wanted) in AcksOf(devices, log.ConversationId))
            known.TryAdd(acked.MessageId, MadeBy(device, acked, wanted, places.GetValueOrDefault(wanted.Target)));

        Changes = known;
        var ofThreads = log.Messages.Where(message => message.ThreadId is not null)
            .Select(message => LoggedChange.AnswerTo(message.ThreadId!, message.ThreadSeqNo ?? 0, message.MessageId, message.SeqNo, message.SenderId))
            .Concat(known.Values.Where(change => change.ThreadId is not null).Select(change => change.ToRoot(change.ThreadId!)));
        _byTarget = known.Values.Concat(ofThreads).GroupBy(change => change.Target)
            .ToDictionary(change => change.Key, change => change.OrderBy(one => one.SeqNo).ToArray(), StringComparer.Ordinal);
        Wanted = events.Where(one => one.Event is HistoryEvent.Changing).Select(one => (one.Device.UserId, Changing: (HistoryEvent.Changing)one.Event))
            .Where(one => one.Changing.ConversationId == log.ConversationId)
            .GroupBy(one => (one.UserId, one.Changing.ClientMsgId), one => one.Changing.Change)
            .ToDictionary(one => one.Key, one => one.First());
        var texts = events.Where(one => one.Event is HistoryEvent.Sending).Select(one => (one.Device.UserId, Sending: (HistoryEvent.Sending)one.Event))
            .GroupBy(one => (one.UserId, one.Sending.ClientMsgId), one => SeenState.Of(one.Sending.Text, one.Sending.Mentions))
            .ToDictionary(one => one.Key, one => one.First());
        _sent = log.Messages.Where(message => message.ClientMsgId is not null && texts.ContainsKey((message.SenderId, message.ClientMsgId)))
            .ToDictionary(message => message.MessageId, message => texts[(message.SenderId, message.ClientMsgId!)], StringComparer.Ordinal);
    }

    public Log Log { get; }

    /// <summary>By their ids: those of the log, and those that devices have seen.</summary>
    public IReadOnlyDictionary<string, LoggedChange> Changes { get; }

    /// <summary>What was tried, by user and clientMsgId.</summary>
    public IReadOnlyDictionary<(string UserId, string ClientMsgId), WantedChange> Wanted { get; }

    /// <summary>All that is known of a message's changes, in their order, and of what its thread's entries do to it.</summary>
    public IReadOnlyList<LoggedChange> Of(string messageId) => _byTarget.GetValueOrDefault(messageId, None);

    /// <summary>A message as it was sent; null if nobody sent it.</summary>
    public SeenState? SentAs(string messageId) => _sent.GetValueOrDefault(messageId);

    /// <summary>A message as the entries up to a seqNo give it; null if nobody sent it.</summary>
    public SeenState? Fold(string messageId, long upTo)
    {
        if (SentAs(messageId) is not { } sent)
            return null;
        return Of(messageId).TakeWhile(change => change.SeqNo <= upTo).Aggregate(sent, (state, change) => state.After(change with { Concurrent = IsConcurrent(change) }));
    }

    /// <summary>Whether there was a newer edit than the one that an edit was based on; what its entry says where nobody knows.</summary>
    public bool IsConcurrent(LoggedChange change)
    {
        if (change.Kind != "edit" || change.ClientMsgId is null || !Wanted.TryGetValue((change.SenderId, change.ClientMsgId), out var wanted))
            return change.Concurrent;
        return wanted.BasedOn is { } basedOn && Of(change.Target).Any(edit => edit.Kind == "edit" && edit.SeqNo > basedOn && edit.SeqNo < change.SeqNo);
    }

    public static IEnumerable<(DeviceHistory Device, HistoryEvent.ChangeAcked Acked, WantedChange Wanted)> AcksOf(IEnumerable<DeviceHistory> devices, string conversationId) =>
        from device in devices
        let wanted = device.Events.OfType<HistoryEvent.Changing>().Where(one => one.ConversationId == conversationId)
            .GroupBy(one => one.ClientMsgId).ToDictionary(one => one.Key, one => one.First().Change, StringComparer.Ordinal)
        from acked in device.Events.OfType<HistoryEvent.ChangeAcked>()
        where acked.ConversationId == conversationId
        select (device, acked, wanted[acked.ClientMsgId]);

    /// <summary>What an ack tells of an entry of which nothing else is known.</summary>
    public static LoggedChange MadeBy(DeviceHistory device, HistoryEvent.ChangeAcked acked, WantedChange wanted, long target) => new(
        acked.MessageId, acked.SeqNo, device.UserId, wanted.Kind == "edit" ? acked.ClientMsgId : null, acked.Timestamp, wanted.Kind, wanted.Target, target, wanted.Text, wanted.Emoji, wanted.On, Mentions: wanted.Mentions);
}
