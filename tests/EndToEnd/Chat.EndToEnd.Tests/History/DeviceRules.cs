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

            foreach (var violation in CheckSendOrder(connection, log))
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
        var due = DueOf(log).Where(m => m.SeqNo > cursor).ToList();
        var nextDue = 0;
        foreach (var happened in connection)
        {
            if (happened is HistoryEvent.CaughtUp)
            {
                foreach (var missing in due.Where(m => !got.Contains(m.SeqNo) && _durableSince[m.MessageId] < opening.Moment))
                    yield return Broken(Rule.GapAtCaughtUp, opening, log, missing.SeqNo);
            }

            // A change comes in the one order, too; a drain leaves out what is in the state of its message.
            if (happened is HistoryEvent.ChangeReceived { Change: var change } told && told.ConversationId == log.ConversationId && got.Add(change.SeqNo))
            {
                if (change.SeqNo < highest)
                    yield return Broken(Rule.OutOfOrder, opening, log, change.SeqNo);

                highest = Math.Max(highest, change.SeqNo);
            }

            var seqNo = happened switch
            {
                HistoryEvent.Received received when received.ConversationId == log.ConversationId => received.Message.SeqNo,
                HistoryEvent.NoticeReceived received when received.ConversationId == log.ConversationId => received.Notice.SeqNo,
                _ => 0,
            };
            if (seqNo == 0 || !got.Add(seqNo))
                continue;

            if (seqNo < highest)
                yield return Broken(Rule.OutOfOrder, opening, log, seqNo);

            highest = Math.Max(highest, seqNo);
            for (; nextDue < due.Count && due[nextDue].SeqNo <= seqNo; nextDue++)
            {
                if (!got.Contains(due[nextDue].SeqNo))
                    yield return Broken(Rule.Skipped, opening, log, due[nextDue].SeqNo);
            }
        }
    }

    private IEnumerable<Violation> CheckSendOrder(IReadOnlyList<HistoryEvent> connection, Log log)
    {
        var number = connection[0].Connection;
        // What was also tried elsewhere may have got its place there.
        var triedElsewhere = _events.Where(e => e.Connection < number || e is HistoryEvent.Changing { Connection: 0 }).Select(AttemptOf).ToHashSet();
        var acked = connection.OfType<HistoryEvent.SendAcked>()
            .GroupBy(a => a.ClientMsgId)
            .ToDictionary(a => a.Key, a => a.First().SeqNo, StringComparer.Ordinal);
        // What was so already has its place from another attempt.
        var made = log.Changes.Where(c => c.SenderId == _device.UserId).Select(c => (c.MessageId, c.ClientMsgId)).ToHashSet();
        foreach (var change in connection.OfType<HistoryEvent.ChangeAcked>().Where(a => made.Contains((a.MessageId, a.ClientMsgId))))
            acked.TryAdd(change.ClientMsgId, change.SeqNo);
        var inOrderSent = connection
            .Where(e => e is HistoryEvent.Sending s && s.ConversationId == log.ConversationId || e is HistoryEvent.Changing c && c.ConversationId == log.ConversationId)
            .Select(e => AttemptOf(e)!)
            .Where(attempt => !triedElsewhere.Contains(attempt) && acked.ContainsKey(attempt))
            .Select(attempt => (Attempt: attempt, SeqNo: acked[attempt]))
            .ToList();
        return
            from pair in inOrderSent.Zip(inOrderSent.Skip(1))
            where pair.Second.SeqNo <= pair.First.SeqNo
            select new Violation(
                Rule.SentOrderBroken, $"{_device.Name} sent {pair.First.Attempt} at {pair.First.SeqNo} before {pair.Second.Attempt} at {pair.Second.SeqNo} in {log.ConversationId}");
    }

    private static string? AttemptOf(HistoryEvent happened) => happened switch
    {
        HistoryEvent.Sending sending => sending.ClientMsgId,
        HistoryEvent.Changing changing => changing.ClientMsgId,
        _ => null,
    };

    private IEnumerable<Violation> NeverReceived()
    {
        var got = _events.OfType<HistoryEvent.Received>().Select(r => r.Message.MessageId)
            .Concat(_events.OfType<HistoryEvent.NoticeReceived>().Select(r => r.Notice.MessageId)).ToHashSet(StringComparer.Ordinal);
        return
            from log in _logs
            from message in DueOf(log)
            where !got.Contains(message.MessageId)
            select new Violation(Rule.NeverReceived, $"{_device.Name} lacks {log.ConversationId}#{message.SeqNo} {message.MessageId}");
    }

    // That the group was created is told before a user's second device is there.
    private IEnumerable<(string MessageId, long SeqNo)> DueOf(Log log) => log.Messages.Where(m => !IsOwn(m)).Select(m => (m.MessageId, m.SeqNo))
        .Concat(log.Notices.Where(n => n.Change.What != LoggedNotice.Created).Select(n => (n.MessageId, n.SeqNo)))
        .OrderBy(one => one.SeqNo);

    // A sender's other devices get its messages like everybody else's.
    private bool IsOwn(LoggedMessage message) =>
        message.SenderId == _device.UserId && (message.ClientMsgId is null || _sentHere.Contains(message.ClientMsgId));

    private Violation Broken(Rule rule, HistoryEvent.Opening opening, Log log, long seqNo) =>
        new(rule, $"{log.ConversationId}#{seqNo} on connection {opening.Connection} of {_device.Name}");
}
