namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for the log, whoever looks at it: nothing acked is missing, nothing is twice, nothing moves.</summary>
internal static class LogRules
{
    public static IEnumerable<Violation> Check(
        IReadOnlyDictionary<string, Log> logs, IReadOnlyList<Sighting> messages, IReadOnlyList<Sighting> changes, IReadOnlyCollection<DeviceHistory> devices) =>
        Check(logs, messages, [.. messages, .. changes], devices);

    private static List<Violation> Check(
        IReadOnlyDictionary<string, Log> logs, IReadOnlyList<Sighting> messages, List<Sighting> sightings, IReadOnlyCollection<DeviceHistory> devices) =>
    [
        .. MissingFrom(logs, messages),
        .. CheckPlaces(sightings),
        .. logs.Values.SelectMany(DifferentViews),
        .. logs.Values.SelectMany(NotAscending),
        .. NeverSent(logs, devices),
        .. DeliveredDifferently(logs, devices),
        .. FileUnreadable(devices, logs),
    ];

    /// <summary>Nothing is stored twice, and everything has one place.</summary>
    public static IEnumerable<Violation> CheckPlaces(IReadOnlyCollection<Sighting> sightings) =>
    [
        .. Ambiguous(Rule.StoredTwice, sightings.Where(s => s.ClientMsgId is not null), s => (s.SenderId, s.ClientMsgId), s => s.MessageId),
        .. Ambiguous(Rule.SeqNoReused, sightings, s => (s.ConversationId, s.SeqNo), s => s.MessageId),
        .. Ambiguous(Rule.SeqNoMoved, sightings, s => s.MessageId, s => (s.ConversationId, s.SeqNo)),
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
        where !view.Messages.Select(Shown).SequenceEqual(log.Views[0].Messages.Select(Shown))
            || !view.Changes.Select(change => change.ForOthers).SequenceEqual(log.Views[0].Changes.Select(change => change.ForOthers))
            || !view.Notices.SequenceEqual(log.Views[0].Notices)
        select new Violation(Rule.ViewsDiffer, $"{view}, and {log.Views[0]}");

    private static IEnumerable<Violation> NotAscending(Log log) =>
        from view in log.Views
        from seqNos in new[] { view.Messages.Select(m => m.SeqNo), view.Changes.Select(c => c.SeqNo), view.Notices.Select(n => n.SeqNo) }
        from pair in seqNos.Zip(seqNos.Skip(1))
        where pair.Second <= pair.First
        select new Violation(Rule.LogOutOfOrder, $"{pair.Second} after {pair.First}: {view}");

    private static IEnumerable<Violation> NeverSent(IReadOnlyDictionary<string, Log> logs, IEnumerable<DeviceHistory> devices)
    {
        var sent = devices
            .SelectMany(d => d.Events.OfType<HistoryEvent.Sending>().Select(s => (d.UserId, s.ConversationId, s.ClientMsgId, s.Text, s.File, s.ThreadId, s.Mentions)))
            .ToHashSet();
        return
            from log in logs.Values
            from view in log.Views
            from message in view.Messages
            where message is { ClientMsgId: not null, State: null } && !sent.Contains((message.SenderId, log.ConversationId, message.ClientMsgId, message.Text, message.File, message.ThreadId, message.Mentions))
            select new Violation(Rule.NeverSent, $"{log.ConversationId}#{message.SeqNo} {message}");
    }

    private static IEnumerable<Violation> DeliveredDifferently(IReadOnlyDictionary<string, Log> logs, IEnumerable<DeviceHistory> devices)
    {
        // What changes make of a message is for ChangeRules.
        var said = logs.Values.SelectMany(log => log.Messages).Where(m => m.State is null).DistinctBy(m => m.MessageId)
            .ToDictionary(m => m.MessageId, m => (m.Text, m.File, m.ThreadId, m.Mentions), StringComparer.Ordinal);
        return
            from device in devices
            from received in device.Events.OfType<HistoryEvent.Received>()
            where said.TryGetValue(received.Message.MessageId, out var logged) && logged != (received.Message.Text, received.Message.File, received.Message.ThreadId, received.Message.Mentions)
            select new Violation(Rule.DeliveredDifferently, $"{received.Message} to {device.Name}");
    }

    // A message that is deleted takes its file with it.
    private static IEnumerable<Violation> FileUnreadable(IEnumerable<DeviceHistory> devices, IReadOnlyDictionary<string, Log> logs)
    {
        var deleted = logs.Values.SelectMany(log => log.Messages).Where(m => m.State is { Deleted: not null }).Select(m => m.MessageId).ToHashSet(StringComparer.Ordinal);
        return
            from device in devices
            from read in device.Events.OfType<HistoryEvent.FileRead>()
            where read.Outcome != FileOutcome.Intact && !(read.Outcome == FileOutcome.Refused && deleted.Contains(read.MessageId))
            select new Violation(Rule.FileUnreadable, $"{read.Outcome}: {read.File} of {read.MessageId}, read by {device.Name}");
    }

    private static (string, long, SeenState, string?, long?) Shown(LoggedMessage message) =>
        (message.MessageId, message.SeqNo, message.StateOrText, message.ThreadId, message.ThreadSeqNo);
}
