using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// Reads what the changes of messages add up to (<see cref="StateKeys"/>). It is in the default family, which every version opens, and is written in the changes' own
/// batches (<see cref="RocksProjection"/>).
/// </summary>
internal sealed class RocksStates(RocksStore store, RocksFamily messages, Expiry expiry)
{
    public Expiry Expiry => expiry;

    public MessageState? Read(RocksView view, ConversationId conversation, SeqNo message) =>
        view.Get(StateKeys.State(conversation, message), store.Default) is { } state ? StateCodec.Decode(state) : null;

    /// <summary>A message as it is shown.</summary>
    public LoggedMessage Join(RocksView view, LoggedMessage message) => expiry.Show(JoinStored(view, message));

    private LoggedMessage JoinStored(RocksView view, LoggedMessage message) => Read(view, message.Conversation, message.SeqNo) is { } state ? message.In(state) : message;

    /// <summary>
    /// Gives messages of one conversation, ascending or descending, their states: one look at the states of the range. Reactions of deleted messages become holes, and so does what is over.
    /// </summary>
    /// <returns>Whether any has one.</returns>
    public bool Join(RocksView view, List<LoggedMessage> found)
    {
        if (found.Count == 0)
            return false;
        var hasAny = false;
        var (first, last) = (SeqNo.Min(found[0].SeqNo, found[^1].SeqNo), SeqNo.Max(found[0].SeqNo, found[^1].SeqNo));
        var bound = StateKeys.State(found[0].Conversation, first);
        using var states = view.Walk(store.Default);
        for (states.Seek(bound); states.Valid() && LogKeys.SeqNoOf(states.GetKeySpan(), bound) is { } seqNo && seqNo <= last; states.Next())
        {
            if (IndexOf(found, seqNo) is >= 0 and var index)
                (found[index], hasAny) = (found[index].In(StateCodec.Decode(states.GetValueSpan())), true);
        }
        states.ThrowIfDamaged();
        HideReactions(view, found);
        for (var i = 0; i < found.Count; i++)
            found[i] = expiry.Show(found[i]);
        return hasAny;
    }

    // Those of deleted messages: until the sweep has erased them.
    private void HideReactions(RocksView view, List<LoggedMessage> found)
    {
        var deleted = new Dictionary<SeqNo, bool>();
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i].Content is not { Kind: MessageKind.Reaction, Change.Target.SeqNo: var target } content)
                continue;
            if (!deleted.TryGetValue(target, out var isDeleted))
                deleted[target] = isDeleted = view.Get(StateKeys.Deleted(found[i].Conversation, target), store.Default) is not null;
            if (isDeleted)
                found[i] = found[i] with { Content = content.ToErased() };
        }
    }

    /// <summary>The entry at a seqNo as it is shown, with its state; null if there is none.</summary>
    public LoggedMessage? ReadAt(RocksView view, ConversationId conversation, SeqNo seqNo) =>
        ReadStored(view, conversation, seqNo) is { } entry ? expiry.Show(entry) : null;

    /// <summary>As <see cref="ReadAt"/>, whether it is over or not.</summary>
    public LoggedMessage? ReadStored(RocksView view, ConversationId conversation, SeqNo seqNo) =>
        view.Get(LogKeys.Message(conversation, seqNo), messages) is { } message ? JoinStored(view, MessageCodec.Decode(conversation, seqNo, message)) : null;

    public ConversationTimer? ReadTimer(RocksView view, ConversationId conversation) =>
        view.Get(StateKeys.Timer(conversation), store.Default) is { } timer ? StateKeys.ReadTimer(timer) : null;

    /// <summary>Whether any conversation ever had a timer.</summary>
    public bool HasTimers(RocksView view)
    {
        using var timers = view.Walk(store.Default);
        timers.Seek(StateKeys.AllTimers);
        timers.ThrowIfDamaged();
        return timers.Valid() && timers.GetKeySpan().StartsWith(StateKeys.AllTimers);
    }

    /// <summary>What a change would be judged by; null if nothing stands at its target's place.</summary>
    public ChangeFacts? ReadFacts(RocksView view, MessageDraft change)
    {
        var (conversation, target) = (change.Conversation, change.Content.Change!.Target.SeqNo);
        return ReadAt(view, conversation, target) is not { } message ? null : change.Content switch
        {
            { Kind: MessageKind.Reaction, Change.Emoji: { } emoji } => ReadOwn(view, conversation, target, change.Sender.User, emoji) is { } own
                ? new ChangeFacts(message, own, 0)
                : new ChangeFacts(message, null, 0, change.Content.Change.On ? CountOwn(view, conversation, target, change.Sender.User) : 0),
            { Kind: MessageKind.Pin, Change.On: true } => new ChangeFacts(message, null, CountPins(view, conversation)),
            _ => new ChangeFacts(message, null, 0),
        };
    }

    public OwnReaction? ReadOwn(RocksView view, ConversationId conversation, SeqNo message, UserId user, string emoji) =>
        view.Get(StateKeys.Reaction(conversation, message, user, emoji), store.Default) is { } value ? StateKeys.ReadReaction(value) : null;

    // What is over and not swept yet does not count.
    private int CountPins(RocksView view, ConversationId conversation)
    {
        var count = 0;
        foreach (var (message, _) in ReadPins(view, conversation))
            count += ReadAt(view, conversation, message) is { IsShown: true } ? 1 : 0;
        return count;
    }

    // As many as a user may have.
    private int CountOwn(RocksView view, ConversationId conversation, SeqNo message, UserId user)
    {
        var prefix = StateKeys.ReactionsOf(conversation, message, user);
        using var reactions = view.Walk(store.Default);
        var count = 0;
        for (reactions.Seek(prefix); reactions.Valid() && reactions.GetKeySpan().StartsWith(prefix); reactions.Next())
            count++;
        reactions.ThrowIfDamaged();
        return count;
    }

    /// <summary>The emoji that a user has set on a message.</summary>
    public List<string> ReadOwn(RocksView view, ConversationId conversation, SeqNo message, UserId user)
    {
        var found = new List<string>();
        var prefix = StateKeys.ReactionsOf(conversation, message, user);
        using var reactions = view.Walk(store.Default);
        for (reactions.Seek(prefix); reactions.Valid() && reactions.GetKeySpan().StartsWith(prefix); reactions.Next())
        {
            if (StateKeys.ReadReaction(reactions.GetValueSpan()).On)
                found.Add(StateKeys.ReadEmoji(reactions.GetKeySpan()[prefix.Length..]));
        }
        reactions.ThrowIfDamaged();
        return found;
    }

    /// <inheritdoc cref="IMessageChanges.ReadReactionsAsync"/>
    public ReactionsRead ReadReactions(RocksView view, ConversationId conversation, SeqNo message, string? emoji, ReactionPlace? after, int limit)
    {
        var (found, last, lookedAt) = (new List<UserReaction>(), after, 0);
        var prefix = StateKeys.Reactions(conversation, message);
        using var reactions = view.Walk(store.Default);
        reactions.Seek(after is { } place ? [.. StateKeys.Reaction(conversation, message, place.User, place.Emoji), 0] : prefix);
        var isMore = true;
        for (; found.Count < limit && lookedAt < ReactionsRead.MaxLookedAt && (isMore = reactions.Valid() && reactions.GetKeySpan().StartsWith(prefix)); reactions.Next(), lookedAt++)
        {
            var (of, which) = StateKeys.ReadUserAndEmoji(reactions.GetKeySpan()[prefix.Length..]);
            last = new ReactionPlace(of, which);
            if (StateKeys.ReadReaction(reactions.GetValueSpan()) is { On: true } reaction && (emoji is null || emoji == which))
                found.Add(new UserReaction(of, which, reaction.Entry));
        }
        reactions.ThrowIfDamaged();
        return new ReactionsRead(found, isMore ? last : null);
    }

    /// <summary>The pinned messages with the entries that pinned them, newest pin first.</summary>
    public List<(SeqNo Message, SeqNo Entry)> ReadPins(RocksView view, ConversationId conversation)
    {
        var found = new List<(SeqNo Message, SeqNo Entry)>();
        var bound = StateKeys.Pin(conversation, SeqNo.None);
        using var pins = view.Walk(store.Default);
        for (pins.Seek(bound); pins.Valid() && LogKeys.SeqNoOf(pins.GetKeySpan(), bound) is { } message; pins.Next())
            found.Add((message, StateKeys.ReadEntry(pins.GetValueSpan())));
        pins.ThrowIfDamaged();
        found.Sort(static (one, other) => other.Entry.CompareTo(one.Entry));
        return found;
    }

    /// <summary>The seqNos at the end of keys that begin as <paramref name="bound"/> does, from there downwards, those above <paramref name="after"/>.</summary>
    public List<(SeqNo SeqNo, byte[] Value)> ReadDown(RocksView view, byte[] bound, SeqNo after, int limit)
    {
        var found = new List<(SeqNo, byte[])>();
        using var keys = view.Walk(store.Default);
        for (keys.SeekForPrev(bound); found.Count < limit && keys.Valid() && LogKeys.SeqNoOf(keys.GetKeySpan(), bound) is { } seqNo && seqNo > after; keys.Prev())
            found.Add((seqNo, keys.GetValueSpan().ToArray()));
        keys.ThrowIfDamaged();
        return found;
    }

    /// <summary>As <see cref="ReadDown"/>, upwards.</summary>
    public List<SeqNo> ReadUp(RocksView view, byte[] bound, int limit)
    {
        var found = new List<SeqNo>();
        using var keys = view.Walk(store.Default);
        for (keys.Seek(bound); found.Count < limit && keys.Valid() && LogKeys.SeqNoOf(keys.GetKeySpan(), bound) is { } seqNo; keys.Next())
            found.Add(seqNo);
        keys.ThrowIfDamaged();
        return found;
    }

    private static int IndexOf(List<LoggedMessage> found, SeqNo seqNo)
    {
        var isDescending = found[0].SeqNo > found[^1].SeqNo;
        var (low, high) = (0, found.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = found[middle].SeqNo.CompareTo(seqNo);
            if (order == 0)
                return middle;
            if (order < 0 != isDescending)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }
}
