using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// A batch that has changes of messages, judged within its term: each change against what those before it have made of its message, in the log and in the batch. What it reads is exact if the
/// term is found to have lasted afterwards, so nothing is answered before that.
/// </summary>
internal sealed class BatchedChanges
{
    private readonly ILogTables _tables;
    private readonly ConversationId _conversation;
    private readonly long _term;
    private readonly SeqNo _first;
    private readonly ChangeLimits _limits;
    private readonly Expiry _expiry;

    // As read, and as the batch changes them.
    private readonly Dictionary<SeqNo, LogRow> _targets;
    private readonly Dictionary<SeqNo, StateVersion> _before;
    private readonly Dictionary<(SeqNo Target, UserId User, string Emoji), ReactionVersion> _reactionsBefore;
    private readonly Dictionary<SeqNo, MessageState> _states = [];
    private readonly Dictionary<(SeqNo Target, UserId User, string Emoji), OwnReaction> _reactions = [];
    private readonly List<SeqNo> _deleted = [];
    private IReadOnlyCollection<SeqNo> _goneFromPins = [];
    private readonly List<(ClusterAppend Append, SeqNo Entry)> _alreadySo = [];
    private readonly List<(ClusterAppend Append, Error Refusal)> _refused = [];

    private BatchedChanges(
        ILogTables tables, ConversationId conversation, long term, SeqNo first, ChangeLimits limits, Expiry expiry, IEnumerable<LogRow> targets, IEnumerable<StateVersion> states,
        IEnumerable<ReactionVersion> reactions)
    {
        (_tables, _conversation, _term, _first, _limits, _expiry) = (tables, conversation, term, first, limits, expiry);
        _targets = targets.ToDictionary(row => row.SeqNo);
        _before = states.ToDictionary(version => version.Target);
        _reactionsBefore = reactions.ToDictionary(version => (version.Target, version.User, version.Emoji));
    }

    /// <summary>Those that would change nothing, and the entries that made it so; they may be in the batch.</summary>
    public IReadOnlyList<(ClusterAppend Append, SeqNo Entry)> AlreadySo => _alreadySo;

    public IReadOnlyList<(ClusterAppend Append, Error Refusal)> Refused => _refused;

    /// <summary>The messages that it deletes.</summary>
    public IReadOnlyList<SeqNo> Deleted => _deleted;

    /// <summary>Reads what the changes of a batch are judged by. The newest entry that counts is <paramref name="head"/>.</summary>
    /// <returns>Null if another term has begun.</returns>
    public static async Task<BatchedChanges?> ReadAsync(
        ILogTables tables, ChangeReader reader, ConversationId conversation, long term, SeqNo head, ChangeLimits limits, Expiry expiry, IReadOnlyList<ClusterAppend> changes)
    {
        var targets = changes.SelectMany(change => new[] { change.Draft.Content.Change?.Target.SeqNo, change.Draft.Content.Thread?.SeqNo })
            .OfType<SeqNo>().Where(target => target <= head).Distinct().ToList();
        var rows = FinalReader.ReadFinalAsync(tables, conversation, targets, CancellationToken.None);
        var mayPin = changes.Any(change => change.Draft.Content.Kind is MessageKind.Pin or MessageKind.Delete);
        var isTimed = changes.Any(change => change.Draft.Content.Kind == MessageKind.Timer);
        List<SeqNo> read = [.. targets, .. mayPin ? [SeqNo.None] : (SeqNo[])[], .. isTimed ? [TimerState.Target] : (SeqNo[])[]];
        var states = ChangeReader.ReadStateVersionsAsync(tables, conversation, read, CancellationToken.None);
        var reactions = ReadReactionsAsync(tables, conversation, changes);
        await Task.WhenAll(rows, states, reactions);
        // What this term has written before counts: its batches were found to have lasted.
        var settled = await reader.SettleAsync(
            conversation,
            [.. (await states).Select(version => version.Term == term && version.Last <= head ? version with { IsSettled = true } : version)],
            [.. (await reactions).Select(version => version.Term == term && version.Last <= head ? version with { IsSettled = true } : version)],
            waits: false, CancellationToken.None);
        if (settled is not var (settledStates, settledReactions))
            return null;
        var pinned = PinnedMessages.Of(settledStates.FirstOrDefault(version => version.Target == SeqNo.None)?.State);
        var isFull = pinned.Count >= limits.Pins && changes.Any(change => change.Draft.Content is { Kind: MessageKind.Pin, Change.On: true });
        return new BatchedChanges(tables, conversation, term, head.Next, limits, expiry, await rows, settledStates, settledReactions)
        {
            _goneFromPins = isFull ? await FindGoneAsync(tables, conversation, pinned, expiry) : [],
        };
    }

    // Pinned messages that have expired, or were erased: nothing unpins them. Looked for where they would be in the way of others.
    private static async Task<IReadOnlyCollection<SeqNo>> FindGoneAsync(ILogTables tables, ConversationId conversation, IReadOnlyList<SeqNo> pinned, Expiry expiry)
    {
        var rows = await FinalReader.ReadFinalAsync(tables, conversation, pinned, CancellationToken.None);
        return [.. pinned.Except(rows.Where(row => row.Message.Content.IsShown && !expiry.IsOver(row.Message)).Select(row => row.SeqNo))];
    }

    /// <summary>Reads the timer in force at the head; null where none was ever set. Not known if another term has begun.</summary>
    public static async Task<(bool IsKnown, ConversationTimer? Timer)> ReadTimerAsync(ILogTables tables, ChangeReader reader, ConversationId conversation, long term, SeqNo head)
    {
        var versions = await ChangeReader.ReadStateVersionsAsync(tables, conversation, [TimerState.Target], CancellationToken.None);
        var settled = await reader.SettleAsync(
            conversation, [.. versions.Select(version => version.Term == term && version.Last <= head ? version with { IsSettled = true } : version)], [], waits: false, CancellationToken.None);
        return (settled is not null, settled is ([var timer], _) ? TimerState.Of(timer.State) : null);
    }

    /// <summary>The timer that the batch sets last; null where it sets none.</summary>
    public ConversationTimer? Timer { get; private set; }

    /// <summary>A message goes into a thread.</summary>
    public void Join(ClusterAppend append, SeqNo seqNo)
    {
        var root = append.Draft.Content.Thread!.SeqNo;
        if (_targets.ContainsKey(root))
            _states[root] = ThreadFold.Add(StateOf(root), append.Draft.Sender.User, seqNo);
    }

    /// <summary>What is to be appended for a change.</summary>
    /// <param name="seqNo">Where it would stand.</param>
    /// <returns>Null if it is not appended, see <see cref="AlreadySo"/> and <see cref="Refused"/>.</returns>
    public MessageContent? Judge(ClusterAppend append, SeqNo seqNo)
    {
        var content = append.Draft.Content;
        if (content.Kind == MessageKind.Timer)
            return JudgeTimer(append, seqNo);
        var change = content.Change!;
        var target = change.Target.SeqNo;
        if (!_targets.TryGetValue(target, out var row))
        {
            _refused.Add((append, MessagingErrors.NotAMember));
            return null;
        }
        var user = append.Draft.Sender.User;
        var state = StateOf(target);
        var message = _expiry.Show(state is null ? row.Message : row.Message.In(state));
        OwnReaction? own = content.Kind == MessageKind.Reaction ? ReactionOf((target, user, change.Emoji!)) : null;
        var facts = new ChangeFacts(message, own, PinnedMessages.Of(StateOf(SeqNo.None)).Except(_goneFromPins).Count(), own is null ? CountOwn(target, user) : 0) { Root = content.Thread is { } thread ? StateOf(thread.SeqNo) : null };
        switch (ChangeJudge.Judge(facts, append.Draft, seqNo, _limits))
        {
            case Effect effect:
                _states[target] = effect.State;
                if (effect.Root is { } root && _targets.ContainsKey(content.Thread!.SeqNo))
                    _states[content.Thread.SeqNo] = root;
                if (content.Kind == MessageKind.Reaction)
                    _reactions[(target, user, change.Emoji!)] = new OwnReaction(seqNo, change.On);
                if (content.Kind is MessageKind.Pin or MessageKind.Delete
                    && PinnedMessages.Apply(StateOf(SeqNo.None), target, effect.State.IsPinned, seqNo) is { } pins)
                    _states[SeqNo.None] = pins with { Edits = [.. pins.Edits.Except(_goneFromPins)] };
                if (content.Kind == MessageKind.Delete)
                    _deleted.Add(target);
                return effect.Content;
            case var verdict:
                Answer(append, verdict);
                return null;
        }
    }

    private MessageContent? JudgeTimer(ClusterAppend append, SeqNo seqNo)
    {
        var seconds = append.Draft.Content.TimerSeconds ?? 0;
        var verdict = ChangeJudge.JudgeTimer(TimerState.Of(StateOf(TimerState.Target)), seconds);
        if (verdict is Accepted)
        {
            Timer = new ConversationTimer(seqNo, seconds);
            _states[TimerState.Target] = TimerState.Of(Timer);
            return append.Draft.Content;
        }
        Answer(append, verdict);
        return null;
    }

    private void Answer(ClusterAppend append, Verdict verdict)
    {
        switch (verdict)
        {
            case AlreadySo { Entry: var entry }:
                _alreadySo.Add((append, entry));
                break;
            case Refused { Error: var refusal }:
                _refused.Add((append, refusal));
                break;
            default:
                throw new InvalidOperationException($"Nobody knows the verdict {verdict}.");
        }
    }

    /// <summary>Writes the states as the batch makes them, before its rows.</summary>
    public Task WriteAsync()
    {
        var unmarked = _states.Keys.Where(target => target != SeqNo.None && target != TimerState.Target).Select(target => _targets[target]).Where(row => !row.IsChanged);
        var (states, reactions) = Versions();
        return Task.WhenAll(
            [
                .. unmarked.GroupBy(row => Buckets.Of(row.SeqNo)).Select(bucket => _tables.MarkChangedAsync([.. bucket], CancellationToken.None)),
                .. BlocksOf(states, reactions).Select(block => _tables.WriteVersionsAsync(
                    _conversation, [.. states.Where(version => Blocks.Of(version.Target) == block)], [.. reactions.Where(version => Blocks.Of(version.Target) == block)],
                    CancellationToken.None)),
            ]);
    }

    /// <summary>Writes down that the batch counts.</summary>
    public Task WriteSettledAsync()
    {
        var (states, reactions) = Versions();
        return ChangeReader.WriteSettledAsync(_tables, _conversation, states, reactions);
    }

    private (List<StateVersion> States, List<ReactionVersion> Reactions) Versions()
    {
        var (states, reactions) = (new List<StateVersion>(), new List<ReactionVersion>());
        foreach (var (target, state) in _states)
        {
            var before = _before.GetValueOrDefault(target);
            states.Add(new StateVersion(target, _term, _first, state.ChangedSeqNo, state, before?.State) { HasEarlier = before is not null && (before.HasEarlier || before.Term < _term) });
        }
        foreach (var (key, now) in _reactions)
        {
            var before = _reactionsBefore.GetValueOrDefault(key);
            reactions.Add(new ReactionVersion(key.Target, key.User, key.Emoji, _term, _first, now.Entry, now, before?.Now)
            {
                HasEarlier = before is not null && (before.HasEarlier || before.Term < _term),
            });
        }
        return (states, reactions);
    }

    private static IEnumerable<long> BlocksOf(List<StateVersion> states, List<ReactionVersion> reactions) =>
        states.Select(version => Blocks.Of(version.Target)).Concat(reactions.Select(version => Blocks.Of(version.Target))).Distinct();

    private static async Task<IReadOnlyList<ReactionVersion>> ReadReactionsAsync(ILogTables tables, ConversationId conversation, IReadOnlyList<ClusterAppend> changes)
    {
        var asked = changes.Where(change => change.Draft.Content.Kind == MessageKind.Reaction)
            .Select(change => (Target: change.Draft.Content.Change!.Target.SeqNo, change.Draft.Sender.User)).Distinct().ToList();
        if (asked.Count == 0)
            return [];
        var (targets, users) = (asked.Select(one => one.Target).Distinct().ToList(), asked.Select(one => one.User).Distinct().ToList());
        if (targets.Count * users.Count <= ILogTables.MaxKeysRead)
            return await tables.ReadReactionVersionsAsync(conversation, targets, users, CancellationToken.None);
        var read = await Task.WhenAll(asked.GroupBy(one => one.Target, one => one.User)
            .Select(target => tables.ReadReactionVersionsAsync(conversation, [target.Key], [.. target], CancellationToken.None)));
        return [.. read.SelectMany(some => some)];
    }

    private MessageState? StateOf(SeqNo target) => _states.TryGetValue(target, out var state) ? state : _before.GetValueOrDefault(target)?.State;

    // All of a user's rows of a message are read.
    private int CountOwn(SeqNo target, UserId user) =>
        _reactionsBefore.Keys.Union(_reactions.Keys).Count(reaction => reaction.Target == target && reaction.User == user);

    private OwnReaction? ReactionOf((SeqNo, UserId, string) key) => _reactions.TryGetValue(key, out var now) ? now : _reactionsBefore.GetValueOrDefault(key)?.Now;
}
