namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for those who come to a group and go: they get what is written while they are members, from their notice on, and nothing else.</summary>
internal sealed class GuestRules(Log log, IReadOnlyCollection<DeviceHistory> devices, IReadOnlyDictionary<string, long> durableSince, TimeSpan staleness)
{
    public IEnumerable<Violation> Check()
    {
        var changes = devices.SelectMany(device => device.Events.OfType<HistoryEvent.GroupChanged>()).Where(one => one.ConversationId == log.ConversationId).ToList();
        foreach (var user in changes.Where(one => one.Change.What == LoggedNotice.Added).SelectMany(one => one.Change.Users.Split(' ')).Distinct())
        {
            var guest = new Guest(user, log.Notices, [.. changes.Where(one => one.Change.Users.Split(' ').Contains(user)).OrderBy(one => one.Moment)]);
            foreach (var violation in devices.Where(device => device.UserId == user).SelectMany(device => Delivered(guest, device)).Concat(log.Guests.Where(view => view.ReaderId == user).SelectMany(view => Read(guest, view))))
                yield return violation;
        }
    }

    private IEnumerable<Violation> Delivered(Guest guest, DeviceHistory device)
    {
        var (got, connection, highest) = (new HashSet<string>(StringComparer.Ordinal), 0, 0L);
        foreach (var (happened, messageId, seqNo, timestamp) in device.Events.Select(EntryOf).OfType<(HistoryEvent, string, long, long)>())
        {
            if (!MaySee(guest, messageId, seqNo) && !IsBeforeAllKnow(guest, seqNo, timestamp))
                yield return Broken(Rule.SeenByStranger, $"{messageId} at {seqNo} of {timestamp} came to {device.Name}, which is {guest}");
            if (connection != happened.Connection)
                (connection, highest) = (happened.Connection, 0);
            // A message may come twice.
            if (seqNo < highest && !got.Contains(messageId))
                yield return Broken(Rule.OutOfOrder, $"{messageId} at {seqNo} on connection {connection} of {device.Name}");
            highest = Math.Max(highest, seqNo);
            got.Add(messageId);
        }
        if (guest.Since is not { } since || !device.Events.OfType<HistoryEvent.Opening>().Any())
            yield break;
        foreach (var (messageId, seqNo) in Entries(log.Messages, log.Notices).Where(entry => entry.SeqNo >= since && !got.Contains(entry.MessageId)))
            yield return Broken(Rule.NeverReceived, $"{device.Name} lacks {messageId} at {seqNo}");
    }

    // Of changes those are left out that went with their message.
    private IEnumerable<Violation> Read(Guest guest, LogView view)
    {
        if (view.IsRefused != guest.Since is null)
        {
            yield return Broken(Rule.SeenByStranger, $"{view} is {(view.IsRefused ? "refused to a member" : "shown to who is none")}");
            yield break;
        }
        if (view.IsRefused)
            yield break;
        var read = Entries(view.Messages, view.Notices).Concat(view.Changes.Select(change => (change.MessageId, change.SeqNo))).ToDictionary(entry => entry.MessageId, entry => entry.SeqNo, StringComparer.Ordinal);
        foreach (var (messageId, seqNo) in Entries(log.Messages, log.Notices).Where(entry => (!view.IsFromJoin || entry.SeqNo >= guest.Since) && !read.ContainsKey(entry.MessageId)))
            yield return Broken(Rule.ViewsDiffer, $"{view} lacks {messageId} at {seqNo}, and has {string.Join(' ', read.Values.Order())}, since {guest.Since}");
        foreach (var (messageId, seqNo) in read.Where(entry => view.IsFromJoin && !MaySee(guest, entry.Key, entry.Value)))
            yield return Broken(Rule.SeenByStranger, $"{messageId} at {seqNo} is in {view}");
    }

    // What is written while somebody is being added may be for him, too.
    private bool MaySee(Guest guest, string messageId, long seqNo) =>
        guest.IsMemberAt(seqNo) || guest.AddedAfter(seqNo) is { } begun && durableSince.GetValueOrDefault(messageId, long.MaxValue) >= begun;

    // By servers of one machine, whose clock is the test's.
    private bool IsBeforeAllKnow(Guest guest, long seqNo, long timestamp) =>
        guest.RemovedBelow(seqNo) is { } answered && DateTimeOffset.FromUnixTimeMilliseconds(timestamp).UtcTicks <= answered + staleness.Ticks && staleness > TimeSpan.Zero;

    private static IEnumerable<(string MessageId, long SeqNo)> Entries(IEnumerable<LoggedMessage> messages, IEnumerable<LoggedNotice> notices) =>
        messages.Select(message => (message.MessageId, message.SeqNo)).Concat(notices.Select(notice => (notice.MessageId, notice.SeqNo)));

    private (HistoryEvent Happened, string MessageId, long SeqNo, long Timestamp)? EntryOf(HistoryEvent happened) => happened switch
    {
        HistoryEvent.Received received when received.ConversationId == log.ConversationId => (happened, received.Message.MessageId, received.Message.SeqNo, received.Message.Timestamp),
        HistoryEvent.ChangeReceived received when received.ConversationId == log.ConversationId => (happened, received.Change.MessageId, received.Change.SeqNo, received.Change.Timestamp),
        HistoryEvent.NoticeReceived received when received.ConversationId == log.ConversationId => (happened, received.Notice.MessageId, received.Notice.SeqNo, received.Notice.Timestamp),
        _ => null,
    };

    private Violation Broken(Rule rule, string what) => new(rule, $"{what} in {log.ConversationId}");

    /// <summary>When a user came and went, by the places of the notices.</summary>
    private sealed class Guest
    {
        private readonly List<(long SeqNo, bool IsMember)> _turns;
        private readonly List<(long SeqNo, long Begun)> _added;
        private readonly List<(long SeqNo, long Answered)> _removed;

        /// <param name="changes">Those of the user, in order.</param>
        public Guest(string userId, IEnumerable<LoggedNotice> notices, IReadOnlyCollection<HistoryEvent.GroupChanged> changes)
        {
            _turns = [.. notices.Where(notice => notice.IsMember(userId) is not null).Select(notice => (notice.SeqNo, notice.IsMember(userId)!.Value))];
            _added = [.. _turns.Where(turn => turn.IsMember).Select(turn => turn.SeqNo).Zip(changes.Where(one => one.Change.What is LoggedNotice.Added).Select(one => one.Moment))];
            _removed = [.. _turns.Where(turn => !turn.IsMember).Select(turn => turn.SeqNo).Zip(changes.Where(one => one.Change.What is LoggedNotice.Removed or LoggedNotice.Left).Select(one => one.Answered))];
        }

        /// <summary>The place of the notice that added who is a member in the end; null for who is none.</summary>
        public long? Since => _turns.Count > 0 && _turns[^1].IsMember ? _turns[^1].SeqNo : null;

        public bool IsMemberAt(long seqNo) => _turns.LastOrDefault(turn => turn.SeqNo <= seqNo).IsMember;

        /// <summary>When the next addition above a place was begun; null if there is none.</summary>
        public long? AddedAfter(long seqNo) => _added.Where(one => one.SeqNo > seqNo).Select(one => (long?)one.Begun).FirstOrDefault();

        /// <summary>When the removal was answered since which it is no member at a place; null if it is one, or was none before.</summary>
        public long? RemovedBelow(long seqNo) =>
            IsMemberAt(seqNo) ? null : _removed.Where(one => one.SeqNo <= seqNo).Select(one => (long?)one.Answered).LastOrDefault();

        public override string ToString() =>
            $"added at {string.Join(", ", _added)} (begun), removed at {string.Join(", ", _removed)} (answered)";
    }
}
