namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for the log, whoever looks at it: nothing acked is missing, nothing is twice, nothing moves.</summary>
internal static class LogRules
{
    public static IEnumerable<Violation> Check(
        IReadOnlyDictionary<string, Log> logs, IReadOnlyList<Sighting> sightings, IReadOnlyCollection<DeviceHistory> devices) =>
    [
        .. MissingFrom(logs, sightings),
        .. Ambiguous(Rule.StoredTwice, sightings.Where(s => s.ClientMsgId is not null), s => (s.SenderId, s.ClientMsgId), s => s.MessageId),
        .. Ambiguous(Rule.SeqNoReused, sightings, s => (s.ConversationId, s.SeqNo), s => s.MessageId),
        .. Ambiguous(Rule.SeqNoMoved, sightings, s => s.MessageId, s => (s.ConversationId, s.SeqNo)),
        .. logs.Values.SelectMany(DifferentViews),
        .. logs.Values.SelectMany(NotAscending),
        .. NeverSent(logs, devices),
        .. DeliveredDifferently(logs, devices),
        .. FileUnreadable(devices),
    ];

    private static IEnumerable<Violation> MissingFrom(IReadOnlyDictionary<string, Log> logs, IEnumerable<Sighting> sightings) =>
        from sighting in sightings
        where logs.GetValueOrDefault(sighting.ConversationId)?.Has(sighting.MessageId) != true
        select new Violation(sighting.IsAck ? Rule.AckedMissing : Rule.DeliveredUnlogged, sighting.ToString());

    /// <summary>Whatever is alike in <paramref name="key"/> must be alike in <paramref name="value"/>.</summary>
    private static IEnumerable<Violation> Ambiguous<TKey, TValue>(
        Rule rule, IEnumerable<Sighting> sightings, Func<Sighting, TKey> key, Func<Sighting, TValue> value) =>
        from same in sightings.GroupBy(key)
        let different = same.DistinctBy(value).ToList()
        where different.Count > 1
        select new Violation(rule, string.Join(" but ", different));

    private static IEnumerable<Violation> DifferentViews(Log log) =>
        from view in log.Views.Skip(1)
        where !view.Messages.Select(Place).SequenceEqual(log.Views[0].Messages.Select(Place))
        select new Violation(Rule.ViewsDiffer, $"{log.ConversationId} as {view.ReaderId} reads it and as {log.Views[0].ReaderId} does");

    private static IEnumerable<Violation> NotAscending(Log log) =>
        from view in log.Views
        from pair in view.Messages.Zip(view.Messages.Skip(1))
        where pair.Second.SeqNo <= pair.First.SeqNo
        select new Violation(Rule.LogOutOfOrder, $"{log.ConversationId} has {pair.Second.SeqNo} after {pair.First.SeqNo} for {view.ReaderId}");

    private static IEnumerable<Violation> NeverSent(IReadOnlyDictionary<string, Log> logs, IEnumerable<DeviceHistory> devices)
    {
        var sent = devices
            .SelectMany(d => d.Events.OfType<HistoryEvent.Sending>().Select(s => (d.UserId, s.ConversationId, s.ClientMsgId, s.Text, s.File)))
            .ToHashSet();
        return
            from log in logs.Values
            from view in log.Views
            from message in view.Messages
            where message.ClientMsgId is not null && !sent.Contains((message.SenderId, log.ConversationId, message.ClientMsgId, message.Text, message.File))
            select new Violation(Rule.NeverSent, $"{log.ConversationId}#{message.SeqNo} {message}");
    }

    private static IEnumerable<Violation> DeliveredDifferently(IReadOnlyDictionary<string, Log> logs, IEnumerable<DeviceHistory> devices)
    {
        var said = logs.Values.SelectMany(log => log.Messages).DistinctBy(m => m.MessageId).ToDictionary(m => m.MessageId, m => (m.Text, m.File), StringComparer.Ordinal);
        return
            from device in devices
            from received in device.Events.OfType<HistoryEvent.Received>()
            where said.TryGetValue(received.Message.MessageId, out var logged) && logged != (received.Message.Text, received.Message.File)
            select new Violation(Rule.DeliveredDifferently, $"{received.Message} to {device.Name}");
    }

    private static IEnumerable<Violation> FileUnreadable(IEnumerable<DeviceHistory> devices) =>
        from device in devices
        from read in device.Events.OfType<HistoryEvent.FileRead>()
        where read.Outcome != FileOutcome.Intact
        select new Violation(Rule.FileUnreadable, $"{read.Outcome}: {read.File} of {read.MessageId}, read by {device.Name}");

    private static (string, long) Place(LoggedMessage message) => (message.MessageId, message.SeqNo);
}
