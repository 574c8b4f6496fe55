namespace Chat.EndToEnd.Tests.History;

/// <summary>Holds what every client saw against the promises of the protocol ("What the server promises", 1 to 4).</summary>
/// <remarks>
/// Wants whole histories: every device that ever connected, each conversation read in the end by each of its members, who were
/// members from the first message on. Of a device that never connected only the notifications are checked.
/// </remarks>
internal static class HistoryChecker
{
    /// <summary>How long other servers of a cluster may take a user for a member who was removed, while they do not hear of each other: the default of <c>Groups:MaxStalenessMs</c>.</summary>
    public static TimeSpan MaxStaleness { get; } = TimeSpan.FromSeconds(1);

    /// <param name="notifications">What the push platforms took; null if no device is subscribed.</param>
    /// <param name="staleness">What is written so long after a removal was answered may still come to whom it removed: <see cref="MaxStaleness"/> of several servers.</param>
    public static IReadOnlyList<Violation> Check(
        IReadOnlyCollection<DeviceHistory> devices, IReadOnlyCollection<LogView> views, NotificationHistory? notifications = null, TimeSpan staleness = default)
    {
        List<TimedLog> timed =
        [
            .. views.GroupBy(view => view.ConversationId).Where(log => log.Any(view => view.Timers.Count > 0)).Select(log => new TimedLog(log.Key, devices, [.. log])),
        ];
        var lasting = new LastingHistory(timed, devices, views);
        var all = DurableSince(Sighting.AllOf(devices, views));
        return
        [
            .. CheckLasting(lasting.Devices, lasting.Views, notifications, staleness),
            .. timed.SelectMany(log => new ExpiryRules(log, devices, [.. views.Where(view => view.ConversationId == log.ConversationId)], all).Check()),
            .. timed.Count == 0 ? [] : LogRules.CheckPlaces([.. Sighting.AllOf(devices, views), .. Sighting.OfChanges(devices, views)]),
        ];
    }

    private static IReadOnlyList<Violation> CheckLasting(
        IReadOnlyCollection<DeviceHistory> devices, IReadOnlyCollection<LogView> views, NotificationHistory? notifications, TimeSpan staleness)
    {
        var (logs, sightings) = (LogsOf(views), Sighting.AllOf(devices, views).ToList());
        var ofChanges = Sighting.OfChanges(devices, views).Concat(Sighting.OfNotices(devices, views)).ToList();
        var durableSince = DurableSince([.. sightings, .. ofChanges]);
        var changed = logs.Values.Select(log => new ChangedLog(log, devices)).ToList();
        return
        [
            .. LogRules.Check(logs, sightings, ofChanges, devices),
            .. devices.SelectMany(d => new DeviceRules(d, logs, durableSince).Check()),
            .. changed.SelectMany(log => new ChangeRules(log, devices).Check()),
            .. changed.SelectMany(log => new AttemptRules(log, devices).Check()),
            .. changed.SelectMany(log => new ThreadRules(log, devices).Check()),
            .. changed.SelectMany(log => new MentionRules(log, devices).Check()),
            .. logs.Values.SelectMany(log => new NoticeRules(log, devices).Check()),
            .. logs.Values.SelectMany(log => new GuestRules(log, devices, durableSince, staleness).Check()),
            .. logs.Values.SelectMany(log => new SettingRules(log, devices, durableSince).Check()),
            .. devices.SelectMany(d => new DeviceChangeRules(d, changed, durableSince).Check()),
            .. notifications is null ? [] : new NotificationRules(devices, logs, durableSince, notifications).Check(),
        ];
    }

    /// <summary>From each message to the first notification that tells a device of it; only of those that had to be told, and were.</summary>
    public static IEnumerable<TimeSpan> NotificationAges(
        IReadOnlyCollection<DeviceHistory> devices, IReadOnlyCollection<LogView> views, NotificationHistory notifications) =>
        new NotificationRules(devices, LogsOf(views), DurableSince(Sighting.AllOf(devices, views)), notifications).Ages();

    private static Dictionary<string, Log> LogsOf(IEnumerable<LogView> views) => views
        .GroupBy(v => v.ConversationId)
        .Select(v => new Log(v.Key, [.. v.Where(view => !view.IsGuest)], [.. v.Where(view => view.IsGuest)]))
        .ToDictionary(l => l.ConversationId, StringComparer.Ordinal);

    // The first sight of a message, by whomever, proves that it was durable then.
    private static Dictionary<string, long> DurableSince(IEnumerable<Sighting> sightings) =>
        sightings.GroupBy(s => s.MessageId).ToDictionary(s => s.Key, s => s.Min(x => x.Moment), StringComparer.Ordinal);
}

/// <summary>One conversation's log, as all its readers see it together.</summary>
/// <param name="guests">What those read who came and went.</param>
internal sealed class Log(string conversationId, IReadOnlyList<LogView> views, IReadOnlyList<LogView> guests)
{
    private readonly HashSet<string> _ids = [.. views.SelectMany(v => v.Messages).Select(m => m.MessageId)];

    public string ConversationId { get; } = conversationId;

    public IReadOnlyList<LogView> Views { get; } = views;

    public IReadOnlyList<LogView> Guests { get; } = guests;

    /// <summary>In seqNo order, whatever order they were read in, with the clientMsgIds that only their senders could read.</summary>
    public IReadOnlyList<LoggedMessage> Messages { get; } =
    [
        .. views.SelectMany(v => v.Messages).GroupBy(m => m.MessageId).Select(m => m.MaxBy(x => x.ClientMsgId)!).OrderBy(m => m.SeqNo),
    ];

    /// <summary>The entries that change messages, alike.</summary>
    public IReadOnlyList<LoggedChange> Changes { get; } =
    [
        .. views.SelectMany(v => v.Changes).GroupBy(c => c.MessageId).Select(c => c.MaxBy(x => x.ClientMsgId)!).OrderBy(c => c.SeqNo),
    ];

    /// <summary>The entries that tell what happened to the group.</summary>
    public IReadOnlyList<LoggedNotice> Notices { get; } = [.. views.SelectMany(v => v.Notices).DistinctBy(n => n.MessageId).OrderBy(n => n.SeqNo)];

    /// <summary>Whether somebody was a member from the first entry to the last.</summary>
    public bool HasMember(string userId) => Views.Any(v => v.ReaderId == userId);

    public bool Has(string messageId) => _ids.Contains(messageId);
}

/// <summary>Somebody saw a message at a place: in the log, in the ack of a send, or delivered.</summary>
internal sealed record Sighting(string ConversationId, string MessageId, long SeqNo, string SenderId, string? ClientMsgId, long Moment, bool IsAck, string By)
{
    public static IEnumerable<Sighting> AllOf(IEnumerable<DeviceHistory> devices, IEnumerable<LogView> views)
    {
        foreach (var view in views)
        {
            foreach (var m in view.Messages)
                yield return new(view.ConversationId, m.MessageId, m.SeqNo, m.SenderId, m.ClientMsgId, long.MaxValue, false, $"{view.ReaderId}'s log");
        }

        foreach (var device in devices)
        {
            foreach (var happened in device.Events)
            {
                if (happened is HistoryEvent.SendAcked a)
                    yield return new(a.ConversationId, a.MessageId, a.SeqNo, device.UserId, a.ClientMsgId, a.Moment, true, device.Name);
                else if (happened is HistoryEvent.Received { Message: var m } r)
                    yield return new(r.ConversationId, m.MessageId, m.SeqNo, m.SenderId, m.ClientMsgId, r.Moment, false, device.Name);
            }
        }
    }

    /// <summary>The same of changes; who made what an ack names is not known from the ack.</summary>
    public static IEnumerable<Sighting> OfChanges(IEnumerable<DeviceHistory> devices, IEnumerable<LogView> views)
    {
        foreach (var view in views)
        {
            foreach (var c in view.Changes)
                yield return new(view.ConversationId, c.MessageId, c.SeqNo, c.SenderId, c.ClientMsgId, long.MaxValue, false, $"{view.ReaderId}'s log");
        }

        foreach (var device in devices)
        {
            foreach (var happened in device.Events)
            {
                if (happened is HistoryEvent.ChangeAcked a)
                    yield return new(a.ConversationId, a.MessageId, a.SeqNo, "?", null, a.Moment, true, device.Name);
                else if (happened is HistoryEvent.ChangeReceived { Change: var c } r)
                    yield return new(r.ConversationId, c.MessageId, c.SeqNo, c.SenderId, c.ClientMsgId, r.Moment, false, device.Name);
            }
        }
    }

    public static IEnumerable<Sighting> OfNotices(IEnumerable<DeviceHistory> devices, IEnumerable<LogView> views)
    {
        foreach (var view in views)
        {
            foreach (var n in view.Notices)
                yield return new(view.ConversationId, n.MessageId, n.SeqNo, n.Change.By, null, long.MaxValue, false, $"{view.ReaderId}'s log");
        }

        foreach (var device in devices)
        {
            foreach (var received in device.Events.OfType<HistoryEvent.NoticeReceived>())
                yield return new(received.ConversationId, received.Notice.MessageId, received.Notice.SeqNo, received.Notice.Change.By, null, received.Moment, false, device.Name);
        }
    }

    public override string ToString() => $"{MessageId} at {ConversationId}#{SeqNo} from {SenderId} ({ClientMsgId ?? "?"}), seen by {By}";
}
