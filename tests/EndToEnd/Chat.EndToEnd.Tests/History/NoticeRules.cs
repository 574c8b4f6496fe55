namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for the notices of a group: each change has exactly one, in the order of the changes, and together they give the group that every server shows.</summary>
internal sealed class NoticeRules
{
    private readonly Log _log;
    private readonly IReadOnlyCollection<DeviceHistory> _devices;
    private readonly List<HistoryEvent.GroupChanged> _changes;

    public NoticeRules(Log log, IReadOnlyCollection<DeviceHistory> devices)
    {
        (_log, _devices) = (log, devices);
        _changes = [.. devices.SelectMany(device => device.Events.OfType<HistoryEvent.GroupChanged>()).Where(one => one.ConversationId == log.ConversationId).OrderBy(one => one.Moment)];
    }

    public IEnumerable<Violation> Check() => [.. Pairs(), .. Groups(), .. DeliveredDifferently()];

    // Of changes that are alike the first has the first notice.
    private List<Violation> Pairs()
    {
        var found = new List<Violation>();
        var places = new List<(HistoryEvent.GroupChanged Change, long First, long Last)>();
        var made = _changes.ToLookup(one => one.Change);
        var told = _log.Notices.ToLookup(notice => notice.Change);
        found.AddRange(told.Where(one => !made.Contains(one.Key)).Select(one => Broken(Rule.NoticeNeverMade, string.Join(' ', one))));
        foreach (var alike in made)
        {
            var (changes, notices) = (alike.ToList(), told[alike.Key].ToList());
            if (notices.Count < changes.Count)
                found.Add(Broken(Rule.NoticeMissing, $"{changes.Count} times {alike.Key}, and {notices.Count} notices"));
            // Another's change between two tries makes two of them.
            else if (notices.Count > (alike.Key.What == LoggedNotice.Renamed ? changes.Sum(one => one.Tries) : changes.Count))
                found.Add(Broken(Rule.NoticeTwice, $"{changes.Count} times {alike.Key}, and {notices.Count} notices"));
            else if (notices.Count == changes.Count)
                places.AddRange(changes.Zip(notices).Select(pair => (pair.First, pair.Second.SeqNo, pair.Second.SeqNo)));
            else
                places.Add((changes[0], notices[0].SeqNo, notices[^1].SeqNo));
        }
        found.AddRange(
            from earlier in places
            from later in places
            where earlier.Change.Answered < later.Change.Moment && earlier.First > later.Last
            select Broken(Rule.NoticeOutOfOrder, $"{earlier.Change.Change} at {earlier.First}, and later {later.Change.Change} at {later.Last}"));
        found.AddRange(Below(places));
        return found;
    }

    /// <summary>Messages that were written when a change was answered, and stand below its notice.</summary>
    private IEnumerable<Violation> Below(List<(HistoryEvent.GroupChanged Change, long First, long Last)> places)
    {
        var sent = _devices.SelectMany(device => device.Events.OfType<HistoryEvent.Sending>().Where(one => one.ConversationId == _log.ConversationId).Select(one => (device.UserId, Sending: one)))
            .GroupBy(one => (one.UserId, one.Sending.ClientMsgId)).ToDictionary(one => one.Key, one => one.Min(x => x.Sending.Moment));
        return
            from place in places
            where place.Change.Tries == 1
            from message in _log.Messages
            where message.SeqNo < place.First && message.ClientMsgId is not null && sent.TryGetValue((message.SenderId, message.ClientMsgId), out var moment) && moment > place.Change.Answered
            select Broken(Rule.NoticeOutOfOrder, $"{place.Change.Change} at {place.First}, and {message} was sent after it");
    }

    private List<Violation> Groups()
    {
        var found = new List<Violation>();
        if (_log.Notices.Count == 0)
            return found;
        var (title, roles) = ("", new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var notice in _log.Notices)
        {
            var users = notice.Change.Users.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var hasEffect = notice.Change.What switch
            {
                LoggedNotice.Created => notice.SeqNo == 1 && roles.TryAdd(notice.Change.By, "owner") && users.All(user => roles.TryAdd(user, "member")),
                LoggedNotice.Added => users.All(user => roles.TryAdd(user, "member")),
                LoggedNotice.Removed => users.All(roles.Remove),
                LoggedNotice.Left => users.SequenceEqual([notice.Change.By]) && users.All(roles.Remove),
                LoggedNotice.Renamed => title != notice.Change.Value,
                _ => roles.TryGetValue(notice.Change.Users, out var role) && role != notice.Change.Value,
            };
            if (!hasEffect)
                found.Add(Broken(Rule.NoticeWithoutEffect, notice.ToString()));
            if (notice.Change.What is LoggedNotice.Created or LoggedNotice.Renamed)
                title = notice.Change.Value!;
            else if (notice.Change.What is LoggedNotice.RoleChanged)
                roles[notice.Change.Users] = notice.Change.Value!;
        }
        var given = SeenGroup.Of(title, roles.Select(member => (member.Key, member.Value)));
        found.AddRange(_log.Views.Where(view => view.Group is { } group && group != given).Select(view => Broken(Rule.GroupDiffers, $"{view}: {view.Group}, where the notices give {given}")));
        return found;
    }

    private IEnumerable<Violation> DeliveredDifferently()
    {
        var logged = _log.Notices.ToDictionary(notice => notice.MessageId, StringComparer.Ordinal);
        foreach (var device in _devices)
        {
            foreach (var received in device.Events.OfType<HistoryEvent.NoticeReceived>().Where(one => one.ConversationId == _log.ConversationId))
            {
                if (!logged.TryGetValue(received.Notice.MessageId, out var notice))
                    yield return Broken(Rule.DeliveredUnlogged, $"{received.Notice} to {device.Name}");
                else if (notice != received.Notice)
                    yield return Broken(Rule.DeliveredDifferently, $"{received.Notice} to {device.Name}, elsewhere {notice}");
            }
        }
    }

    private Violation Broken(Rule rule, string what) => new(rule, $"{what} in {_log.ConversationId}");
}
