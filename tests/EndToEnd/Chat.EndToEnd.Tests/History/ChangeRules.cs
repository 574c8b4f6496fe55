namespace Chat.EndToEnd.Tests.History;

/// <summary>What must hold for the changed messages of a conversation: every reader sees what the entries of the log give, and nothing of what was deleted.</summary>
internal sealed class ChangeRules(ChangedLog changed, IReadOnlyCollection<DeviceHistory> devices)
{
    private readonly Log _log = changed.Log;
    private readonly Dictionary<string, LoggedMessage> _messages = changed.Log.Messages.ToDictionary(message => message.MessageId, StringComparer.Ordinal);

    private readonly HashSet<string> _inLog = [.. changed.Log.Changes.Select(change => change.MessageId), .. changed.Log.Messages.Select(message => message.MessageId)];

    // By message: who has set which emoji, with which entry.
    private readonly Dictionary<string, Dictionary<(string UserId, string Emoji), long>> _reactions = new(StringComparer.Ordinal);
    private readonly List<string> _pins = [];

    public IEnumerable<Violation> Check() =>
    [
        .. WithoutEffect(),
        .. NeverMade(),
        .. _log.Views.SelectMany(StatesOf),
        .. _log.Views.SelectMany(DeletedShown),
        .. _log.Views.SelectMany(ListsOf),
        .. DeliveredDifferently(),
    ];

    // Goes through the log once, and keeps what the lists must say.
    private List<Violation> WithoutEffect()
    {
        var found = new List<Violation>();
        var states = new Dictionary<string, SeenState>(StringComparer.Ordinal);
        foreach (var change in _log.Changes)
        {
            if (!_messages.TryGetValue(change.Target, out var target) || target.SeqNo != change.TargetSeqNo || target.SeqNo >= change.SeqNo)
            {
                found.Add(Broken(Rule.ChangeWithoutEffect, $"{change} has no message"));
                continue;
            }
            var before = states.GetValueOrDefault(change.Target) ?? changed.SentAs(change.Target) ?? SeenState.Of("");
            if (before.Deleted is not null || !HasEffect(before, change))
                found.Add(Broken(Rule.ChangeWithoutEffect, change.ToString()));
            states[change.Target] = before.After(change);
        }
        foreach (var message in states.Where(one => one.Value.Deleted is not null).Select(one => one.Key))
            _reactions.Remove(message);
        return found;
    }

    private bool HasEffect(SeenState before, LoggedChange change)
    {
        switch (change.Kind)
        {
            case "edit":
                return change.Text != before.Text || (change.Mentions ?? before.Mentions) != before.Mentions;
            case "react":
                var ofMessage = ReactionsOf(change.Target);
                var key = (change.SenderId, change.Emoji!);
                if (!change.On)
                    return ofMessage.Remove(key);
                return ofMessage.TryAdd(key, change.SeqNo);
            case "pin" when change.On:
                _pins.Add(change.Target);
                return !before.Pinned;
            default:
                var wasPinned = _pins.Remove(change.Target);
                return change.Kind == "delete" || wasPinned;
        }
    }

    private IEnumerable<Violation> NeverMade() =>
        from change in _log.Changes
        where change.ClientMsgId is not null
        where !(changed.Wanted.TryGetValue((change.SenderId, change.ClientMsgId!), out var wanted) && change.Does(wanted)) || changed.IsConcurrent(change) != change.Concurrent
        select Broken(Rule.ChangeNeverMade, change.ToString());

    private IEnumerable<Violation> StatesOf(LogView view)
    {
        var alone = view.Lists.Select(lists => lists.Alone).Concat(view.Newest is { } newest ? [newest] : []);
        foreach (var message in view.Messages.Concat(alone))
        {
            // Of a deleted message the log has kept the deletion alone.
            var given = changed.SentAs(message.MessageId) is { } sent ? Entries(message.MessageId).Aggregate(sent, (state, change) => state.After(change)) : null;
            // With another text than it was sent with, and no state, it was never sent.
            if (given is not null && given != message.StateOrText && (message.State is not null || given.ChangedSeqNo > 0))
                yield return Broken(Rule.StateDiffers, $"{view}: {message} in {message.State}, where the log gives {given}");
            if (message.Reactions.FirstOrDefault(reaction => !IsRight(reaction, ReactionsOf(message.MessageId), view.ReaderId)) is { } wrong)
                yield return Broken(Rule.ListDiffers, $"{view}: {wrong.Emoji} of {message} names {string.Join(' ', wrong.UserIds)}{(wrong.Mine ? " and the reader" : "")}");
        }
        if (view.Newest is { } last && last.MessageId != view.Messages[^1].MessageId)
            yield return Broken(Rule.ListDiffers, $"{view}: {last} is not the newest");
    }

    private static IEnumerable<Violation> DeletedShown(LogView view)
    {
        var deleted = view.Messages.Where(message => message.State is { Deleted: not null }).Select(message => message.MessageId).ToHashSet(StringComparer.Ordinal);
        foreach (var message in view.Messages.Concat(view.Lists.Select(lists => lists.Alone)))
        {
            if (deleted.Contains(message.MessageId) && (message.Text.Length > 0 || message.File is not null || message.Reactions.Count > 0))
                yield return Broken(Rule.DeletedShown, $"{view}: {message}");
        }
        foreach (var change in view.Changes.Where(change => change.IsErasedWithMessage && deleted.Contains(change.Target)))
            yield return Broken(Rule.DeletedShown, $"{view}: {change}");
        foreach (var lists in view.Lists.Where(lists => deleted.Contains(lists.Alone.MessageId) && (lists.Reactions.Count > 0 || lists.Edits is not null)))
            yield return Broken(Rule.DeletedShown, $"{view}: the lists of {lists.Alone.MessageId}");
        foreach (var pin in (view.Pins ?? []).Where(deleted.Contains))
            yield return Broken(Rule.DeletedShown, $"{view}: {pin} is pinned");
    }

    private IEnumerable<Violation> ListsOf(LogView view)
    {
        foreach (var lists in view.Lists.Where(lists => lists.Alone.State is not { Deleted: not null }))
        {
            var message = lists.Alone.MessageId;
            var given = ReactionsOf(message).Select(one => (one.Key.UserId, one.Key.Emoji, one.Value)).Order();
            if (!lists.Reactions.Order().SequenceEqual(given))
                yield return Broken(Rule.ListDiffers, $"{view}: the reactions of {message} are {string.Join(' ', lists.Reactions)}, where the log gives {string.Join(' ', given)}");
            var texts = Entries(message).Where(change => change.Kind == "edit").Select(change => (change.MessageId, change.Text!)).Prepend((message, changed.SentAs(message)?.Text ?? ""));
            if (lists.Edits is null || !lists.Edits.SequenceEqual(texts.TakeLast(lists.Edits.Count)) || lists.Edits.Count < 2 && texts.Skip(1).Any())
                yield return Broken(Rule.ListDiffers, $"{view}: the texts of {message}");
        }
        if (view.Pins is { } pins && !pins.SequenceEqual(Enumerable.Reverse(_pins)))
            yield return Broken(Rule.ListDiffers, $"{view}: pinned are {string.Join(' ', pins)}, where the log gives {string.Join(' ', Enumerable.Reverse(_pins))}");
    }

    private IEnumerable<Violation> DeliveredDifferently()
    {
        foreach (var device in devices)
        {
            foreach (var happened in device.Events)
            {
                if (happened is HistoryEvent.ChangeReceived { Change: var change } told && told.ConversationId == _log.ConversationId
                    && changed.Changes[change.MessageId].ForOthers != change.ForOthers)
                    yield return Broken(Rule.DeliveredDifferently, $"{change} to {device.Name}, elsewhere {changed.Changes[change.MessageId]}");
                // Whatever has been made of it since.
                if (happened is HistoryEvent.Received { Message: var message } received && received.ConversationId == _log.ConversationId
                    && _messages.GetValueOrDefault(message.MessageId) is { State: not null }
                    && changed.Fold(message.MessageId, message.StateOrText.ChangedSeqNo) is { } given && given != message.StateOrText)
                    yield return Broken(Rule.DeliveredDifferently, $"{message} in {message.State} to {device.Name}, where the entries give {given}");
            }
        }
    }

    private IEnumerable<LoggedChange> Entries(string messageId) => changed.Of(messageId).Where(change => _inLog.Contains(change.MessageId));

    private static bool IsRight(SeenReaction shown, Dictionary<(string UserId, string Emoji), long> reactions, string reader) =>
        shown.Mine == reactions.ContainsKey((reader, shown.Emoji)) && shown.UserIds.Count <= 3 && shown.UserIds.All(user => reactions.ContainsKey((user, shown.Emoji)));

    private Dictionary<(string UserId, string Emoji), long> ReactionsOf(string messageId)
    {
        if (!_reactions.TryGetValue(messageId, out var reactions))
            _reactions.Add(messageId, reactions = []);
        return reactions;
    }

    private static Violation Broken(Rule rule, string what) => new(rule, what);
}
