namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for notifications: a device is told in time, in order and at least once of what it does not ack, and of nothing else.</summary>
internal sealed class NotificationRules
{
    private readonly IReadOnlyCollection<DeviceHistory> _devices;
    private readonly List<Log> _logs;
    private readonly IReadOnlyDictionary<string, long> _durableSince;
    private readonly NotificationTimes _times;
    private readonly List<Fault> _faults;
    private readonly ILookup<string, Told> _told;
    private readonly Dictionary<string, long> _firstTried;

    public NotificationRules(
        IReadOnlyCollection<DeviceHistory> devices, IReadOnlyDictionary<string, Log> logs, IReadOnlyDictionary<string, long> durableSince, NotificationHistory notifications)
    {
        (_devices, _durableSince, _times) = (devices, durableSince, notifications.Times);
        _logs = [.. logs.Values];
        _faults = [.. notifications.Faults.OrderBy(fault => fault.From)];
        _told = notifications.Told.OrderBy(told => told.Moment).ToLookup(told => told.Address, StringComparer.Ordinal);
        _firstTried = devices.SelectMany(d => d.Events.OfType<HistoryEvent.Sending>().Select(sending => (Key: KeyOf(d.UserId, sending.ClientMsgId), sending.Moment)))
            .GroupBy(sending => sending.Key, StringComparer.Ordinal)
            .ToDictionary(sending => sending.Key, sending => sending.Min(one => one.Moment), StringComparer.Ordinal);
    }

    public IEnumerable<Violation> Check() => _devices.SelectMany(Check);

    /// <summary>From each message to the first notification that tells a device of it; only of those that had to be told, and were.</summary>
    public IEnumerable<TimeSpan> Ages() =>
        from device in _devices
        from subscription in SubscriptionsOf(device)
        from log in _logs
        where log.HasMember(device.UserId)
        from owed in OwedTo(device, subscription, log)
        where owed.Told != Reached.Never && owed.Since != Reached.Never
        select TimeSpan.FromTicks(Math.Max(0, owed.Told - owed.Since));

    private IEnumerable<Violation> Check(DeviceHistory device)
    {
        foreach (var subscription in SubscriptionsOf(device))
        {
            foreach (var told in _told[subscription.Address].Where(told => told.Moment > After(subscription.Ended)))
                yield return new Violation(Rule.ToldAfterEnd, $"{device.Name} was told of {told.ConversationId}#{told.SeqNo}");
            foreach (var log in _logs)
            {
                foreach (var violation in CheckTold(device, subscription, log).Concat(CheckOwed(device, subscription, log)))
                    yield return violation;
            }
        }
    }

    private IEnumerable<Violation> CheckTold(DeviceHistory device, Subscription subscription, Log log)
    {
        var fromOthers = log.Messages.Where(m => m.SenderId != device.UserId).Select(m => m.SeqNo).ToHashSet();
        var acked = new Reached(AcksOf(device, log.ConversationId).OfType<HistoryEvent.Acked>().Where(ack => !IsLost(ack)).Select(ack => (ack.SeqNo, ack.Moment)));
        var mutes = MutesOf(device, log.ConversationId);
        var about = mutes.Count == 0 ? [] : AboutUser(device.UserId, log);
        var highest = 0L;
        foreach (var one in ToldOf(subscription, log))
        {
            if (!log.HasMember(device.UserId) || !fromOthers.Contains(one.SeqNo))
                yield return Broken(Rule.ToldUnlogged, device, one);
            if (one.SeqNo < highest)
                yield return Broken(Rule.ToldOutOfOrder, device, one);
            highest = Math.Max(highest, one.SeqNo);
            if (After(acked.At(one.SeqNo)) < one.Moment)
                yield return Broken(Rule.ToldThoughAcked, device, one, $", acked {TimeSpan.FromTicks(one.Moment - acked.At(one.SeqNo)).TotalSeconds:F1} s before");
            if (!about.Contains(one.SeqNo) && mutes.Exists(mute => After(mute.From) < one.Moment && one.Moment < mute.To))
                yield return Broken(Rule.ToldThoughMuted, device, one);
        }
    }

    /// <summary>The places of messages that are told though the conversation is muted: of those that mention the user, as they were sent or edited, and those in a thread of it.</summary>
    private HashSet<long> AboutUser(string userId, Log log)
    {
        var sent = _devices.SelectMany(device => device.Events.OfType<HistoryEvent.Sending>().Where(one => Mentions(one.Mentions, userId)).Select(one => KeyOf(device.UserId, one.ClientMsgId))).ToHashSet(StringComparer.Ordinal);
        var edited = log.Changes.Where(change => Mentions(change.Mentions, userId)).Select(change => change.Target).ToHashSet(StringComparer.Ordinal);
        var own = log.Messages.Where(message => message.SenderId == userId).Select(message => message.MessageId).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. log.Messages.Where(message => message.ThreadId is { } root && own.Contains(root) || edited.Contains(message.MessageId) || Mentions(message.StateOrText.Mentions, userId)
                || message.ClientMsgId is { } id && sent.Contains(KeyOf(message.SenderId, id))).Select(message => message.SeqNo),
        ];
    }

    private static bool Mentions(string? mentions, string userId) => mentions?.Split(' ') is { } users && (users.Contains("@all") || users.Contains(userId));

    private IEnumerable<Violation> CheckOwed(DeviceHistory device, Subscription subscription, Log log)
    {
        foreach (var (message, since, told) in log.HasMember(device.UserId) ? OwedTo(device, subscription, log) : [])
        {
            var what = $"{device.Name} of {log.ConversationId}#{message.SeqNo}";
            if (told == Reached.Never)
                yield return new Violation(Rule.NeverTold, what);
            else if (told > LatestFor(since))
                yield return new Violation(Rule.ToldLate, $"{what}, {TimeSpan.FromTicks(told - since).TotalSeconds:F1} s after it");
        }
    }

    /// <summary>Messages that the device was subscribed for, and that nothing took care of before they must have been told; each with when it was told first.</summary>
    private IEnumerable<(LoggedMessage Message, long Since, long Told)> OwedTo(DeviceHistory device, Subscription subscription, Log log)
    {
        var acking = new Reached(AcksOf(device, log.ConversationId).OfType<HistoryEvent.Acking>().Select(ack => (ack.SeqNo, ack.Moment)));
        var mutes = MutesOf(device, log.ConversationId);
        var told = new Reached(ToldOf(subscription, log).Select(one => (one.SeqNo, one.Moment)));
        return
            from message in log.Messages
            where message.SenderId != device.UserId
            let tried = message.ClientMsgId is { } id ? _firstTried.GetValueOrDefault(KeyOf(message.SenderId, id)) : 0
            let since = _durableSince[message.MessageId]
            let latest = LatestFor(since)
            where subscription.Answered < tried && latest < subscription.Ending
                && (acking.At(message.SeqNo) is var acked && (acked == Reached.Never || acked > latest))
                && !mutes.Exists(mute => mute.Begun <= latest && mute.To >= tried)
            select (message, since, told.At(message.SeqNo));
    }

    /// <summary>When a message's notification must have come, with the faults that hold it up.</summary>
    private long LatestFor(long since)
    {
        // Seen in the log alone: nobody knows since when.
        return since == Reached.Never ? since : After(since, _times.Late, _faults);
    }

    /// <summary>A time after a moment, and after each fault that meets it.</summary>
    private static long After(long moment, TimeSpan time, IEnumerable<Fault> faults)
    {
        var end = moment + time.Ticks;
        foreach (var fault in faults.Where(fault => fault.Until >= moment))
        {
            if (fault.From <= end)
                end = Math.Max(end, fault.Until + time.Ticks);
        }
        return end;
    }

    // A server that dies, at some moment of the fault, loses the acks that it has not saved: the device gets the messages again.
    private bool IsLost(HistoryEvent.Acked acked) => _faults.Exists(fault => fault.LosesAcks && acked.Moment <= fault.To && fault.From <= After(acked.Moment));

    private IEnumerable<Told> ToldOf(Subscription subscription, Log log) =>
        _told[subscription.Address].Where(one => one.ConversationId == log.ConversationId && !one.IsWithdrawal);

    /// <summary>The device's own acks, and what its user's other devices have read.</summary>
    private IEnumerable<HistoryEvent> AcksOf(DeviceHistory device, string conversationId) => _devices
        .Where(other => other.UserId == device.UserId)
        .SelectMany(other => other.Events.Where(happened => happened switch
        {
            HistoryEvent.Acking acking => acking.ConversationId == conversationId && (other == device || acking.IsRead),
            HistoryEvent.Acked acked => acked.ConversationId == conversationId && (other == device || acked.IsRead),
            _ => false,
        }));

    private static List<Subscription> SubscriptionsOf(DeviceHistory device)
    {
        var calls = device.Events.OfType<HistoryEvent.Subscribing>().ToList();
        return
        [
            .. from call in calls.Index()
            where call.Item.Address is not null
            let next = calls.ElementAtOrDefault(call.Index + 1)
            select new Subscription(call.Item.Address!, call.Item.Answered, next?.Moment ?? Reached.Never, next?.Answered ?? Reached.Never),
        ];
    }

    private List<Mute> MutesOf(DeviceHistory device, string conversationId)
    {
        var calls = _devices.Where(other => other.UserId == device.UserId)
            .SelectMany(other => other.Events.OfType<HistoryEvent.Muting>())
            .Where(call => call.ConversationId == conversationId)
            .OrderBy(call => call.Moment)
            .ToList();
        return
        [
            .. from call in calls.Index()
            where call.Item.IsMuted
            select new Mute(call.Item.Moment, call.Item.Answered, calls.ElementAtOrDefault(call.Index + 1)?.Moment ?? Reached.Never),
        ];
    }

    private long After(long answered) => answered == Reached.Never ? answered : After(answered, _times.OnItsWay, _faults.Where(fault => fault.SlowsAll));

    private static string KeyOf(string userId, string clientMsgId) => $"{userId} {clientMsgId}";

    private static Violation Broken(Rule rule, DeviceHistory device, Told told, string more = "") =>
        new(rule, $"{device.Name} was told of {told.ConversationId}#{told.SeqNo} at {new DateTime(told.Moment, DateTimeKind.Utc):HH:mm:ss.fff}{more}");

    /// <summary>For each seqNo the first moment at which something reached it, or went beyond.</summary>
    private sealed class Reached
    {
        public const long Never = long.MaxValue;

        private readonly long[] _seqNos;
        private readonly long[] _moments;

        public Reached(IEnumerable<(long SeqNo, long Moment)> events)
        {
            var sorted = events.OrderBy(one => one.SeqNo).ToList();
            (_seqNos, _moments) = ([.. sorted.Select(one => one.SeqNo)], [.. sorted.Select(one => one.Moment)]);
            for (var i = _moments.Length - 2; i >= 0; i--)
                _moments[i] = Math.Min(_moments[i], _moments[i + 1]);
        }

        public long At(long seqNo)
        {
            var (low, high) = (0, _seqNos.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_seqNos[middle] < seqNo)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low < _moments.Length ? _moments[low] : Never;
        }
    }

    /// <param name="Answered">From here on it is there.</param>
    /// <param name="Ending">From here on it may be gone.</param>
    /// <param name="Ended">From here on it is gone.</param>
    private sealed record Subscription(string Address, long Answered, long Ending, long Ended);

    /// <param name="Begun">From here on it may be muted.</param>
    /// <param name="From">From here on it is muted.</param>
    /// <param name="To">From here on it may not be muted any more.</param>
    private sealed record Mute(long Begun, long From, long To);
}
