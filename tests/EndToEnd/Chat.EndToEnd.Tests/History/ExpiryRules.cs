namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for the timers of a conversation and for the messages that expire by them. That nothing else goes is for the other rules, which see the history without them.</summary>
/// <param name="views">Read when all had expired.</param>
/// <param name="durableSince">By messageId: when it was seen first.</param>
internal sealed class ExpiryRules(
    TimedLog log, IReadOnlyCollection<DeviceHistory> devices, IReadOnlyCollection<LogView> views, IReadOnlyDictionary<string, long> durableSince)
{
    /// <summary>
    /// So long after its expiry a message may still come on a connection that was there before it, as it was on its way then. Clients, servers and checker have one clock: on a connection that begins after
    /// it, and in what is read after it, there is no such time.
    /// </summary>
    public static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(5);

    private readonly List<(DeviceHistory Device, HistoryEvent.TimerSet Set)> _sets =
        [.. devices.SelectMany(device => device.Events.OfType<HistoryEvent.TimerSet>().Where(one => one.ConversationId == log.ConversationId).Select(one => (device, one)))];

    private readonly List<HistoryEvent.PageRead> _pages = [.. devices.SelectMany(device => device.Events.OfType<HistoryEvent.PageRead>()).Where(one => one.Page.ConversationId == log.ConversationId)];

    public IEnumerable<Violation> Check() =>
    [
        .. Timers(), .. devices.SelectMany(TimersTo), .. views.SelectMany(TimersOf), .. Expiries(), .. devices.SelectMany(Delivered), .. _pages.SelectMany(Read), .. views.SelectMany(ReadInTheEnd),
        .. devices.SelectMany(Tries), .. views.SelectMany(ThreadsOf),
    ];

    private IEnumerable<Violation> Timers()
    {
        foreach (var (device, set) in _sets.Where(one => !log.Entries.Any(timer => timer.MessageId == one.Set.MessageId && timer.SeqNo == one.Set.SeqNo && timer.Seconds == one.Set.Seconds)))
            yield return Broken(Rule.TimerDiffers, $"{set} of {device.UserId} is not in the log");
        foreach (var timer in log.Entries.Where(timer => !_sets.Exists(one => one.Set.MessageId == timer.MessageId && one.Device.UserId == timer.SenderId)))
            yield return Broken(Rule.TimerDiffers, $"{timer}, which nobody set");
    }

    private IEnumerable<Violation> TimersTo(DeviceHistory device)
    {
        var told = device.Events.OfType<HistoryEvent.TimerReceived>().Where(one => one.ConversationId == log.ConversationId).Select(one => one.Timer).ToList();
        foreach (var timer in told.Except(log.Entries))
            yield return Broken(Rule.TimerDiffers, $"{timer} was told to {device.Name}");
        if (!views.Any(view => view.ReaderId == device.UserId && !view.IsGuest) || !device.Events.OfType<HistoryEvent.Opening>().Any())
            yield break;
        foreach (var timer in log.Entries.Except(told))
            yield return Broken(Rule.NeverReceived, $"{device.Name} lacks {timer}");
    }

    private IEnumerable<Violation> TimersOf(LogView view)
    {
        if (!view.Timers.SequenceEqual(log.Entries))
            yield return Broken(Rule.TimerDiffers, $"{view}: {string.Join(' ', view.Timers)}, where others read {string.Join(' ', log.Entries)}");
        if (view.Timer is { } listed && listed != log.Entries[^1].Seconds)
            yield return Broken(Rule.TimerDiffers, $"{view}: {listed} s are listed, where {log.Entries[^1]} is the last");
    }

    private IEnumerable<Violation> Expiries() =>
        from seen in devices.SelectMany(device => ReceivedOf(device).Select(one => (one.Message, By: device.Name)))
            .Concat(_pages.Select(page => page.Page).Concat(views).SelectMany(page => MessagesOf(page).Select(message => (Message: message, By: page.ToString()))))
        let expiry = log.IsTimed(seen.Message.SeqNo) ? seen.Message.Timestamp + 1000 * log.SecondsAt(seen.Message.SeqNo) : (long?)null
        where seen.Message.ExpiresAt != expiry
        select Broken(Rule.ExpiryDiffers, $"{seen.Message} expires at {seen.Message.ExpiresAt}, where the timer says {expiry}: {seen.By}");

    private IEnumerable<Violation> Delivered(DeviceHistory device)
    {
        var opened = new Dictionary<int, long>();
        foreach (var happened in device.Events)
        {
            if (happened is HistoryEvent.Opening)
                opened[happened.Connection] = happened.Moment;
            var messageId = happened switch
            {
                HistoryEvent.Received one when one.ConversationId == log.ConversationId => one.Message.MessageId,
                HistoryEvent.ChangeReceived one when one.ConversationId == log.ConversationId => one.Change.Target,
                _ => null,
            };
            if (messageId is null || log.ExpiryOf(messageId) is not { } expiry)
                continue;
            if (IsOver(expiry, opened.GetValueOrDefault(happened.Connection)) || IsOver(expiry, happened.Moment - OnItsWay.Ticks))
                yield return Broken(Rule.ExpiredShown, $"{happened} came to {device.Name}, where {expiry} was its end");
        }
    }

    private IEnumerable<Violation> Read(HistoryEvent.PageRead read)
    {
        foreach (var messageId in NamedIn(read.Page).Where(messageId => log.ExpiryOf(messageId) is { } expiry && IsOver(expiry, read.Moment)).Distinct())
            yield return Broken(Rule.ExpiredShown, $"{messageId}, which expired at {log.ExpiryOf(messageId)}, in {read.Page} at {Ms(read.Moment)}");

        // It goes to the head, and begins somewhere.
        if (read.Page.Messages.Count == 0)
            yield break;
        var (first, shown) = (read.Page.Messages[0].SeqNo, read.Page.Messages.Select(message => message.MessageId).ToHashSet(StringComparer.Ordinal));
        foreach (var messageId in log.Messages.Where(messageId => log.SeqNoOf(messageId) > first && !shown.Contains(messageId) && durableSince.GetValueOrDefault(messageId, long.MaxValue) < read.Moment))
        {
            if (log.ExpiryOf(messageId) is not { } expiry || !IsOver(expiry, read.Answered))
                yield return Broken(Rule.ExpiredEarly, $"{messageId} at {log.SeqNoOf(messageId)}, which expires at {log.ExpiryOf(messageId)}, is not in {read.Page} at {Ms(read.Answered)}");
        }
    }

    private IEnumerable<Violation> ReadInTheEnd(LogView view) =>
        from messageId in NamedIn(view).Distinct()
        where log.IsTimed(messageId)
        select Broken(Rule.ExpiredShown, $"{messageId}, which expired at {log.ExpiryOf(messageId)}, in {view}");

    private IEnumerable<Violation> Tries(DeviceHistory device)
    {
        var targets = device.Events.OfType<HistoryEvent.Changing>().Where(one => one.ConversationId == log.ConversationId)
            .GroupBy(one => one.ClientMsgId).ToDictionary(one => one.Key, one => one.First().Change.Target, StringComparer.Ordinal);
        foreach (var happened in device.Events)
        {
            if (happened is HistoryEvent.ChangeAcked acked && targets.TryGetValue(acked.ClientMsgId, out var changed) && log.ExpiryOf(changed) is { } end && acked.Timestamp > end)
                yield return Broken(Rule.ExpiredChanged, $"{acked} of {device.Name}, where {end} was the end of {changed}");
            if (happened is HistoryEvent.ChangeRefused { Code: "not_a_member" } refused && targets.TryGetValue(refused.ClientMsgId, out var target)
                && log.ExpiryOf(target) is { } expiry && !IsOver(expiry, refused.Moment))
                yield return Broken(Rule.ChangeRefusedWrongly, $"{refused} to {device.Name}, where {target} expires at {expiry}");
            if (happened is HistoryEvent.FileRead { Outcome: not FileOutcome.Intact } read && log.ExpiryOf(read.MessageId) is { } kept && !(read.Outcome == FileOutcome.Refused && IsOver(kept, read.Moment)))
                yield return Broken(Rule.FileUnreadable, $"{read} by {device.Name}, which expires at {kept}");
        }
    }

    // What expires goes from the lists, and still counts.
    private IEnumerable<Violation> ThreadsOf(LogView view)
    {
        var deleted = devices.SelectMany(device => device.Events.OfType<HistoryEvent.ChangeReceived>()).Select(one => one.Change).Concat(views.SelectMany(one => one.Changes))
            .Where(change => change.Kind == "delete").Select(change => change.Target).Concat(AckedDeletions()).ToHashSet(StringComparer.Ordinal);
        foreach (var root in view.Messages.Where(message => log.Roots.Contains(message.MessageId)))
        {
            var answers = log.Answers.Where(answer => answer.Root == root.MessageId).Select(answer => answer.MessageId).OrderBy(log.SeqNoOf).ToList();
            var (count, last) = (answers.Count(answer => !deleted.Contains(answer)), log.SeqNoOf(answers[^1]));
            if (root.State?.Thread is not { } thread || (thread.Count, thread.LastSeqNo) != (count, last))
                yield return Broken(Rule.ThreadDiffers, $"{view}: {root.MessageId} has {root.State?.Thread}, where the log gives {count} up to {last}");
            var lasting = answers.Where(answer => !log.IsTimed(answer));
            if (view.ThreadMessages.TryGetValue(root.MessageId, out var listed) && !listed.SequenceEqual(lasting))
                yield return Broken(Rule.ThreadDiffers, $"{view}: {root.MessageId} lists {string.Join(' ', listed)}, where {string.Join(' ', lasting)} last");
        }
    }

    private IEnumerable<string> AckedDeletions() =>
        from acked in ChangedLog.AcksOf(devices, log.ConversationId)
        where acked.Wanted.Kind == "delete"
        select acked.Wanted.Target;

    private IEnumerable<HistoryEvent.Received> ReceivedOf(DeviceHistory device) => device.Events.OfType<HistoryEvent.Received>().Where(one => one.ConversationId == log.ConversationId);

    private static IEnumerable<LoggedMessage> MessagesOf(LogView page) =>
        page.Messages.Concat(page.Lists.Select(lists => lists.Alone)).Concat(page.Newest is { } newest ? [newest] : []);

    private static IEnumerable<string> NamedIn(LogView page) =>
        MessagesOf(page).Select(message => message.MessageId).Concat(page.Changes.Select(change => change.Target)).Concat(page.Pins ?? []).Concat(page.ThreadMessages.Values.SelectMany(one => one));

    /// <param name="expiry">In ms.</param>
    /// <param name="moment">In ticks.</param>
    private static bool IsOver(long expiry, long moment) => Ms(moment) > expiry;

    private static long Ms(long moment) => new DateTimeOffset(moment, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private Violation Broken(Rule rule, string what) => new(rule, $"{what} in {log.ConversationId}");
}
