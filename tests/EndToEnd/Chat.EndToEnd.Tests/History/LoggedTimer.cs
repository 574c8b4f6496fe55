namespace Chat.EndToEnd.Tests.History;

/// <summary>An entry of the log that sets the timer of the conversation.</summary>
/// <param name="Seconds">0: messages expire no longer.</param>
internal sealed record LoggedTimer(string MessageId, long SeqNo, string SenderId, long Seconds);

/// <summary>The timers of one conversation, and what is known of the messages that expire by them.</summary>
internal sealed class TimedLog
{
    private readonly Dictionary<string, long> _seqNos;
    private readonly Dictionary<string, long> _timestamps;

    public TimedLog(string conversationId, IReadOnlyCollection<DeviceHistory> devices, IReadOnlyCollection<LogView> views)
    {
        ConversationId = conversationId;
        Entries = [.. views.SelectMany(view => view.Timers).DistinctBy(timer => timer.MessageId).OrderBy(timer => timer.SeqNo)];
        var events = devices.SelectMany(device => device.Events).ToList();
        var acks = events.OfType<HistoryEvent.SendAcked>().Where(one => one.ConversationId == conversationId).Select(one => (one.MessageId, one.SeqNo, one.Timestamp)).ToList();
        var seen = events.OfType<HistoryEvent.Received>().Where(one => one.ConversationId == conversationId).Select(one => one.Message)
            .Concat(events.OfType<HistoryEvent.PageRead>().Where(one => one.Page.ConversationId == conversationId).SelectMany(one => one.Page.Messages))
            .Concat(views.SelectMany(view => view.Messages)).ToList();
        var places = acks.Concat(seen.Select(message => (message.MessageId, message.SeqNo, message.Timestamp))).DistinctBy(one => one.MessageId).ToList();
        _seqNos = places.ToDictionary(one => one.MessageId, one => one.SeqNo, StringComparer.Ordinal);
        _timestamps = places.ToDictionary(one => one.MessageId, one => one.Timestamp, StringComparer.Ordinal);
        Answers =
        [
            .. seen.Where(message => message.ThreadId is not null).Select(message => (message.MessageId, message.ThreadId!)).Concat(AckedAnswers(devices)).Distinct(),
        ];
        Roots = Answers.Where(answer => IsTimed(answer.MessageId)).Select(answer => answer.Root).ToHashSet(StringComparer.Ordinal);
    }

    public string ConversationId { get; }

    /// <summary>Ascending.</summary>
    public IReadOnlyList<LoggedTimer> Entries { get; }

    /// <summary>Every message that is known to be in a thread, with the root.</summary>
    public IReadOnlyList<(string MessageId, string Root)> Answers { get; }

    /// <summary>The messages in whose threads something expires.</summary>
    public IReadOnlySet<string> Roots { get; }

    /// <summary>Every message that is known.</summary>
    public IEnumerable<string> Messages => _seqNos.Keys;

    /// <summary>After how many seconds a message at a place expires; 0 for never.</summary>
    public long SecondsAt(long seqNo) => Entries.LastOrDefault(timer => timer.SeqNo < seqNo)?.Seconds ?? 0;

    public bool IsTimed(long seqNo) => SecondsAt(seqNo) > 0;

    public bool IsTimed(string messageId) => _seqNos.TryGetValue(messageId, out var seqNo) && IsTimed(seqNo);

    public long SeqNoOf(string messageId) => _seqNos[messageId];

    /// <summary>In ms; null for never, and where nothing is known of the message.</summary>
    public long? ExpiryOf(string messageId) => IsTimed(messageId) ? _timestamps[messageId] + 1000 * SecondsAt(_seqNos[messageId]) : null;

    // Who answers by itself may be the only one to know, besides the log.
    private IEnumerable<(string, string)> AckedAnswers(IEnumerable<DeviceHistory> devices) =>
        from device in devices
        let sent = device.Events.OfType<HistoryEvent.Sending>().Where(one => one.ConversationId == ConversationId && one.ThreadId is not null)
            .GroupBy(one => one.ClientMsgId).ToDictionary(one => one.Key, one => one.First().ThreadId!, StringComparer.Ordinal)
        from acked in device.Events.OfType<HistoryEvent.SendAcked>()
        where acked.ConversationId == ConversationId && sent.ContainsKey(acked.ClientMsgId)
        select (acked.MessageId, sent[acked.ClientMsgId]);
}
