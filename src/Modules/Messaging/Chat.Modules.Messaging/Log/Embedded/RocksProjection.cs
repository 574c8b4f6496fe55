using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// Judges the changes of one batch and writes what they add up to into it. What was judged earlier in the batch is in memory, as it cannot be read from the store yet. Only the
/// writer's thread uses it.
/// </summary>
internal sealed class RocksProjection(RocksStates states, RocksFamily messages, ChangeLimits limits)
{
    // Of this batch.
    private readonly Dictionary<(ConversationId, SeqNo), MessageState> _states = [];
    private readonly Dictionary<(ConversationId, SeqNo, UserId, string), OwnReaction> _reactions = [];
    private readonly Dictionary<(ConversationId, SeqNo, UserId), int> _newReactions = [];
    private readonly Dictionary<ConversationId, int> _pins = [];
    private readonly Dictionary<(ConversationId, SeqNo), LoggedMessage> _entries = [];

    /// <summary>The batch is written, or is not known to be.</summary>
    public void EndBatch()
    {
        _states.Clear();
        _reactions.Clear();
        _newReactions.Clear();
        _pins.Clear();
        _entries.Clear();
    }

    /// <param name="seqNo">The entry's, if it is appended.</param>
    public Verdict Judge(RocksView view, MessageDraft change, SeqNo seqNo)
    {
        if (ReadFacts(view, change) is not { } facts)
            return MessagingErrors.NotAMember;
        var verdict = ChangeJudge.Judge(facts, change, seqNo, limits);
        if (verdict is Effect && change.Content.Kind == MessageKind.Reaction && facts.Own is null)
            _newReactions[OwnKey(change)] = _newReactions.GetValueOrDefault(OwnKey(change)) + 1;
        return verdict;
    }

    /// <summary>An entry that stands in the store or this batch, whether it is over or not.</summary>
    public LoggedMessage? ReadEntry(RocksView view, ConversationId conversation, SeqNo seqNo) =>
        _entries.TryGetValue((conversation, seqNo), out var entry) ? entry : states.ReadStored(view, conversation, seqNo);

    /// <summary>Adds a timer's effect to the batch; the entry itself is in it already.</summary>
    public void ApplyTimer(WriteBatch batch, LoggedMessage entry, ConversationTimer timer)
    {
        _entries[(entry.Conversation, entry.SeqNo)] = entry;
        batch.Put((ReadOnlySpan<byte>)StateKeys.Timer(entry.Conversation), StateKeys.Timer(timer));
    }

    /// <summary>Adds when a message expires, for the sweep.</summary>
    public static void AddExpiry(WriteBatch batch, LoggedMessage message)
    {
        if (message.Content.ExpiresAt is { } expiresAt)
            batch.Put((ReadOnlySpan<byte>)StateKeys.Expiry(expiresAt, message.Conversation, message.SeqNo), []);
    }

    /// <summary>What a message makes of the thread that it goes into, to be read before the batch is written.</summary>
    public JoinedThread JoinThread(RocksView view, MessageDraft message, SeqNo seqNo)
    {
        var root = message.Content.Thread!.SeqNo;
        var before = ReadState(view, message.Conversation, root);
        return new JoinedThread(root, ThreadFold.Add(before, message.Sender.User, seqNo), before?.Thread?.LastSeqNo);
    }

    /// <summary>Adds a message's place in its thread to the batch, which has the message already.</summary>
    public void Apply(WriteBatch batch, LoggedMessage message, JoinedThread joined)
    {
        var conversation = message.Conversation;
        if (joined.LastBefore is { } last)
            batch.Delete(StateKeys.Threads(conversation, last));
        batch.Put((ReadOnlySpan<byte>)StateKeys.Threads(conversation, message.SeqNo), StateKeys.Number(joined.Root));
        batch.Put((ReadOnlySpan<byte>)StateKeys.Thread(conversation, joined.Root, message.SeqNo), []);
        PutState(batch, conversation, joined.Root, joined.State);
    }

    /// <summary>Adds whom a message, or its edit, mentions.</summary>
    public static void AddMentions(WriteBatch batch, LoggedMessage entry)
    {
        if (entry.Content.Mentions is not { } mentions)
            return;
        foreach (var name in mentions.Names)
            batch.Put((ReadOnlySpan<byte>)StateKeys.Mention(entry.Conversation, name, MentionedIn(entry)), []);
    }

    /// <summary>What a deletion erases, to be read before the batch is written: the message and its edits.</summary>
    public List<LoggedMessage> ReadContents(RocksView view, LoggedMessage change, MessageState state)
    {
        var target = change.Content.Change!.Target.SeqNo;
        var found = new List<LoggedMessage>();
        foreach (var seqNo in (IEnumerable<SeqNo>)[target, .. state.Edits])
        {
            if (ReadEntry(view, change.Conversation, seqNo) is { } entry)
                found.Add(_states.TryGetValue((change.Conversation, seqNo), out var before) ? entry.In(before) : entry);
        }
        return found;
    }

    /// <summary>Adds an entry's effect to the batch; the entry itself is in it already.</summary>
    /// <param name="contents">Of <see cref="ReadContents"/>; empty for anything but a deletion.</param>
    public void Apply(WriteBatch batch, LoggedMessage change, Effect effect, List<LoggedMessage> contents)
    {
        var (conversation, target) = (change.Conversation, change.Content.Change!.Target.SeqNo);
        _entries[(conversation, change.SeqNo)] = change;
        PutState(batch, conversation, target, effect.State);
        if (effect.Root is { } root)
            PutState(batch, conversation, change.Content.Thread!.SeqNo, root);
        switch (change.Content.Kind)
        {
            case MessageKind.Edit:
                AddMentions(batch, change);
                break;
            case MessageKind.Reaction:
                var reaction = new OwnReaction(change.SeqNo, change.Content.Change.On);
                var (user, emoji) = (change.Sender.User, change.Content.Change.Emoji!);
                _reactions[(conversation, target, user, emoji)] = reaction;
                batch.Put((ReadOnlySpan<byte>)StateKeys.Reaction(conversation, target, user, emoji), StateKeys.Reaction(reaction));
                batch.Put((ReadOnlySpan<byte>)StateKeys.Reacted(conversation, target, change.SeqNo), []);
                break;
            case MessageKind.Pin when effect.State.IsPinned:
                _pins[conversation] = _pins.GetValueOrDefault(conversation) + 1;
                batch.Put((ReadOnlySpan<byte>)StateKeys.Pin(conversation, target), StateKeys.Number(change.SeqNo));
                break;
            case MessageKind.Pin:
                Unpin(batch, conversation, target);
                break;
            case MessageKind.Delete:
                Delete(batch, change, contents);
                break;
        }
    }

    private void Delete(WriteBatch batch, LoggedMessage change, List<LoggedMessage> contents)
    {
        var (conversation, target) = (change.Conversation, change.Content.Change!.Target.SeqNo);
        foreach (var entry in contents)
            EraseContent(batch, messages, entry);
        if (contents is [{ State.IsPinned: true }, ..])
            Unpin(batch, conversation, target);
        Forget(batch, conversation, target);
    }

    private void Unpin(WriteBatch batch, ConversationId conversation, SeqNo target)
    {
        _pins[conversation] = _pins.GetValueOrDefault(conversation) - 1;
        batch.Delete(StateKeys.Pin(conversation, target));
    }

    /// <summary>Overwrites an entry without its content, and notes it for the sweep.</summary>
    public static void EraseContent(WriteBatch batch, RocksFamily messages, LoggedMessage entry)
    {
        var key = LogKeys.Message(entry.Conversation, entry.SeqNo);
        batch.Put((ReadOnlySpan<byte>)key, MessageCodec.Encode(entry with { Content = entry.Content.ToErased() }), messages.Handle);
        batch.Put((ReadOnlySpan<byte>)LogKeys.Erased(key), []);
        foreach (var name in entry.Content.Mentions?.Names ?? [])
            batch.Delete(StateKeys.Mention(entry.Conversation, name, MentionedIn(entry)));
    }

    /// <summary>Deletes who has reacted to a message, and notes it for the sweep, which erases the entries.</summary>
    public static void Forget(WriteBatch batch, ConversationId conversation, SeqNo message)
    {
        var reactions = StateKeys.Reactions(conversation, message);
        var end = StateKeys.EndOf(reactions);
        batch.DeleteRange(reactions, (ulong)reactions.Length, end, (ulong)end.Length);
        batch.Put((ReadOnlySpan<byte>)StateKeys.Deleted(conversation, message), []);
    }

    private static SeqNo MentionedIn(LoggedMessage entry) => entry.Content.Change?.Target.SeqNo ?? entry.SeqNo;

    private void PutState(WriteBatch batch, ConversationId conversation, SeqNo message, MessageState state)
    {
        _states[(conversation, message)] = state;
        batch.Put((ReadOnlySpan<byte>)StateKeys.State(conversation, message), StateCodec.Encode(state));
    }

    private MessageState? ReadState(RocksView view, ConversationId conversation, SeqNo message) =>
        _states.TryGetValue((conversation, message), out var state) ? state : states.Read(view, conversation, message);

    private ChangeFacts? ReadFacts(RocksView view, MessageDraft change)
    {
        if (states.ReadFacts(view, change) is not { } facts)
            return null;
        var (conversation, target) = (change.Conversation, facts.Target.SeqNo);
        if (_states.TryGetValue((conversation, target), out var state))
            facts = facts with { Target = facts.Target.In(state) };
        if (change.Content.Change!.Emoji is { } emoji && _reactions.TryGetValue((conversation, target, change.Sender.User, emoji), out var own))
            facts = facts with { Own = own };
        if (change.Content is { Kind: MessageKind.Delete, Thread: { } thread })
            facts = facts with { Root = ReadState(view, conversation, thread.SeqNo) };
        if (change.Content.Kind == MessageKind.Reaction && _newReactions.TryGetValue(OwnKey(change), out var added))
            facts = facts with { OwnEmoji = facts.OwnEmoji + added };
        return _pins.TryGetValue(conversation, out var pins) ? facts with { Pins = facts.Pins + pins } : facts;
    }

    private static (ConversationId, SeqNo, UserId) OwnKey(MessageDraft change) => (change.Conversation, change.Content.Change!.Target.SeqNo, change.Sender.User);
}

/// <summary>A message's thread, as the message makes it.</summary>
/// <param name="Root">The message that began it.</param>
/// <param name="State">That message's state from then on.</param>
/// <param name="LastBefore">The newest message in it until then; null for none.</param>
internal sealed record JoinedThread(SeqNo Root, MessageState State, SeqNo? LastBefore);
