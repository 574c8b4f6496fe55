namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for one device: everything comes, in order, and without a gap on each of its connections.</summary>
internal sealed class DeviceRules
{
    private readonly DeviceHistory _device;
    private readonly IReadOnlyList<HistoryEvent> _events;
    private readonly List<Log> _logs;
    private readonly IReadOnlyDictionary<string, long> _durableSince;
    private readonly HashSet<string> _sentHere;

    public DeviceRules(DeviceHistory device, IReadOnlyDictionary<string, Log> logs, IReadOnlyDictionary<string, long> durableSince)
    {
        _device = device;
        _events = device.Events;
        _logs = [.. logs.Values.Where(l => l.HasMember(device.UserId))];
        _durableSince = durableSince;
        _sentHere = _events.OfType<HistoryEvent.Sending>().Select(s => s.ClientMsgId).ToHashSet(StringComparer.Ordinal);
    }

    public IEnumerable<Violation> Check() =>
    [
        .. _events.Where(e => e.Connection > 0).GroupBy(e => e.Connection).SelectMany(c => CheckConnection([.. c])),
        .. _events.OfType<HistoryEvent.Opening>().Any() ? NeverReceived() : [],
    ];

    private IEnumerable<Violation> CheckConnection(IReadOnlyList<HistoryEvent> connection)
    {
        var opening = connection[0] as HistoryEvent.Opening
            ?? throw new ArgumentException($"Connection {connection[0].Connection} of {_device.Name} has no opening.");
        foreach (var log in _logs)
        {
            var cursor = CursorAt(opening, log.ConversationId);
            foreach (var violation in CheckDelivery(connection, opening, log, cursor))
                yield return violation;

            foreach (var violation in CheckSendOrder(connection, log.ConversationId))
                yield return violation;
        }
    }

    /// <summary>The highest cursor that the server can have had: the acks of earlier connections, had they all arrived.</summary>
    private long CursorAt(HistoryEvent.Opening opening, string conversationId) => _events
        .OfType<HistoryEvent.Acking>()
        .Where(a => a.Moment < opening.Moment && a.ConversationId == conversationId)
        .Select(a => a.SeqNo)
        .DefaultIfEmpty(0)
        .Max();

    private IEnumerable<Violation> CheckDelivery(
        IReadOnlyList<HistoryEvent> connection, HistoryEvent.Opening opening, Log log, long cursor)
    {
        var got = new HashSet<long>();
        var highest = 0L;
        var due = log.Messages.Where(m => m.SeqNo > cursor && !IsOwn(m)).ToList();
        var nextDue = 0;
        foreach (var happened in connection)
        {
            if (happened is HistoryEvent.CaughtUp)
            {
                foreach (var missing in due.Where(m => !got.Contains(m.SeqNo) && _durableSince[m.MessageId] < opening.Moment))
                    yield return Broken(Rule.GapAtCaughtUp, opening, log, missing.SeqNo);
            }

            if (happened is not HistoryEvent.Received { Message: var message } received || received.ConversationId != log.ConversationId)
                continue;

            if (!got.Add(message.SeqNo))
                continue;

            if (message.SeqNo < highest)
                yield return Broken(Rule.OutOfOrder, opening, log, message.SeqNo);

            highest = Math.Max(highest, message.SeqNo);
            for (; nextDue < due.Count && due[nextDue].SeqNo <= message.SeqNo; nextDue++)
            {
                if (!got.Contains(due[nextDue].SeqNo))
                    yield return Broken(Rule.Skipped, opening, log, due[nextDue].SeqNo);
            }
        }
    }

    private IEnumerable<Violation> CheckSendOrder(IReadOnlyList<HistoryEvent> connection, string conversationId)
    {
        var number = connection[0].Connection;
        var triedEarlier = _events.OfType<HistoryEvent.Sending>().Where(s => s.Connection < number).Select(s => s.ClientMsgId).ToHashSet();
        var acked = connection.OfType<HistoryEvent.SendAcked>()
            .GroupBy(a => a.ClientMsgId)
            .ToDictionary(a => a.Key, a => a.First().SeqNo, StringComparer.Ordinal);
        var inOrderSent = connection.OfType<HistoryEvent.Sending>()
            .Where(s => s.ConversationId == conversationId && !triedEarlier.Contains(s.ClientMsgId) && acked.ContainsKey(s.ClientMsgId))
            .Select(s => acked[s.ClientMsgId])
            .ToList();
        return
            from pair in inOrderSent.Zip(inOrderSent.Skip(1))
            where pair.Second <= pair.First
            select new Violation(Rule.SentOrderBroken, $"{_device.Name} sent {pair.First} before {pair.Second} in {conversationId}");
    }

    private IEnumerable<Violation> NeverReceived()
    {
        var got = _events.OfType<HistoryEvent.Received>().Select(r => r.Message.MessageId).ToHashSet(StringComparer.Ordinal);
        return
            from log in _logs
            from message in log.Messages
            where !IsOwn(message) && !got.Contains(message.MessageId)
            select new Violation(Rule.NeverReceived, $"{_device.Name} lacks {log.ConversationId}#{message.SeqNo} {message.MessageId}");
    }

    // A sender's other devices get its messages like everybody else's.
    private bool IsOwn(LoggedMessage message) =>
        message.SenderId == _device.UserId && (message.ClientMsgId is null || _sentHere.Contains(message.ClientMsgId));

    private Violation Broken(Rule rule, HistoryEvent.Opening opening, Log log, long seqNo) =>
        new(rule, $"{log.ConversationId}#{seqNo} on connection {opening.Connection} of {_device.Name}");
}
