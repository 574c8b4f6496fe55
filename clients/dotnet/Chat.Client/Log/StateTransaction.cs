using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>
/// A change of the state that is being made: written to the store as one transaction, and then the state. Made and committed on the loop, one at a time.
/// </summary>
internal sealed class StateTransaction(State start)
{
    private static readonly OutgoingError NoMember = new(ErrorCodes.NotAMember, "You are no longer a member of this conversation.");

    private readonly List<StoreChange> _changes = [];
    private readonly HashSet<string> _dirty = [];
    private readonly List<Message> _messages = [];
    private readonly List<Message> _added = [];

    /// <summary>The state after the change.</summary>
    public State Now { get; private set; } = start;

    /// <summary>The messages that it stores, in any order.</summary>
    public IReadOnlyList<Message> Messages => _messages;

    /// <summary>The notices that it stores, in any order.</summary>
    public List<Notice> Notices { get; } = [];

    /// <summary>Of <see cref="Messages"/>, those that were not here before, as they came.</summary>
    public IReadOnlyList<Message> Added => _added;

    /// <summary>Changes that were refused and are taken back.</summary>
    public List<RefusedChange> Refused { get; } = [];

    /// <summary>Of <see cref="Messages"/>, those that are new and were pushed.</summary>
    public List<Message> Arrived { get; } = [];

    /// <summary>The conversations that it changes.</summary>
    public IReadOnlyCollection<string> Touched => _dirty;

    /// <summary>The conversations that it removes.</summary>
    public List<string> Removed { get; } = [];

    /// <summary>All that is to be written, in order; each conversation once, in its last state.</summary>
    public IReadOnlyList<StoreChange> Changes() =>
    [
        .. _changes,
        .. _dirty.Select(Now.Find).OfType<StoredConversation>().Select(conversation => new StoreChange.PutConversation(conversation)),
    ];

    public void Put(StoredInstallation installation)
    {
        _changes.Add(new StoreChange.PutInstallation(installation));
        Now = Now with { Installation = installation };
    }

    /// <summary>What it clears beyond what was cleared before leaves the store.</summary>
    public void Put(StoredConversation conversation)
    {
        var (id, upTo, before) = (conversation.Id, conversation.ClearedUpTo, Now.Find(conversation.Id));
        if (before == conversation)
            return;
        if (upTo > (before?.ClearedUpTo ?? 0))
        {
            _changes.Add(new StoreChange.ClearMessages(id, upTo));
            foreach (var messages in new[] { _messages, _added, Arrived })
                messages.RemoveAll(message => message.ConversationId == id && message.SeqNo <= upTo);
            Notices.RemoveAll(notice => notice.ConversationId == id && notice.SeqNo <= upTo);
        }
        _dirty.Add(conversation.Id);
        Now = Now with { Conversations = Now.Conversations.SetItem(conversation.Id, conversation) };
    }

    /// <summary>Stores a message, unless it was cleared while it was on its way. Its conversation has to be put as well.</summary>
    public void Put(Message message)
    {
        if (IsCleared(message.ConversationId, message.SeqNo))
            return;
        _added.Add(message);
        Replace(message);
    }

    /// <summary>Stores another state of a message that is here.</summary>
    public void Replace(Message message)
    {
        if (IsCleared(message.ConversationId, message.SeqNo))
            return;
        _changes.Add(new StoreChange.PutMessage(message));
        _messages.Add(message);
    }

    /// <summary>Stores a notice, likewise.</summary>
    public void Put(Notice notice)
    {
        if (IsCleared(notice.ConversationId, notice.SeqNo))
            return;
        _changes.Add(new StoreChange.PutNotice(notice));
        Notices.Add(notice);
    }

    /// <summary>A message that it stores, in its last state.</summary>
    public Message? FindMessage(string conversationId, long seqNo) =>
        _messages.FindLast(message => message.SeqNo == seqNo && message.ConversationId == conversationId);

    /// <summary>
    /// The user is no longer a member: the conversation is removed. Messages to it in the outbox become failed, and while there are any, its title stays.
    /// </summary>
    public void Remove(string conversationId)
    {
        var title = Now.Find(conversationId)?.Title;
        Removed.Add(conversationId);
        _changes.Add(new StoreChange.RemoveConversation(conversationId));
        _messages.RemoveAll(message => message.ConversationId == conversationId);
        _added.RemoveAll(message => message.ConversationId == conversationId);
        Notices.RemoveAll(notice => notice.ConversationId == conversationId);
        Now = Now with { Conversations = Now.Conversations.Remove(conversationId) };
        foreach (var outgoing in Now.Outbox.Where(outgoing => outgoing.ConversationId == conversationId))
        {
            if (outgoing.Change is not null)
            {
                RemoveOutgoing(outgoing.ClientMsgId);
                continue;
            }
            Put(outgoing with { State = OutgoingState.Failed, Error = outgoing.Error ?? NoMember });
            Put(new StoredConversation { Id = conversationId, Title = title, KnownSince = outgoing.CreatedAt, IsLeft = true });
        }
    }

    public void Put(Outgoing outgoing)
    {
        _changes.Add(new StoreChange.PutOutgoing(AsStored(outgoing)));
        Show(outgoing);
    }

    /// <summary>Changes an outbox entry in memory only: whether it is being sent.</summary>
    public void Show(Outgoing outgoing)
    {
        var index = Now.Outbox.FindIndex(other => other.ClientMsgId == outgoing.ClientMsgId);
        Now = Now with { Outbox = index < 0 ? Now.Outbox.Add(outgoing) : Now.Outbox.SetItem(index, outgoing) };
    }

    public void RemoveOutgoing(string clientMsgId)
    {
        _changes.Add(new StoreChange.RemoveOutgoing(clientMsgId));
        Now = Now with { Outbox = Now.Outbox.RemoveAll(outgoing => outgoing.ClientMsgId == clientMsgId) };
    }

    /// <summary>Deletes all conversations and messages.</summary>
    public void ClearLog()
    {
        _changes.Add(new StoreChange.ClearLog());
        _messages.Clear();
        _added.Clear();
        Notices.Clear();
        _dirty.Clear();
        Now = Now with
        {
            Conversations = ImmutableDictionary<string, StoredConversation>.Empty,
            Hidden = Now.Hidden is { } hidden ? hidden with { Conversations = [] } : null,
            Generation = Now.Generation + 1,
        };
    }

    public void ClearOutbox()
    {
        _changes.Add(new StoreChange.ClearOutbox());
        Now = Now with { Outbox = [], Hidden = Now.Hidden is { } hidden ? hidden with { Outbox = [] } : null };
    }

    /// <summary>Hides all conversations and the outbox; they stay in the store until their user signs in again.</summary>
    public void Hide() => Now = Now with
    {
        Conversations = ImmutableDictionary<string, StoredConversation>.Empty,
        Outbox = [],
        Hidden = new StoredState(null, [.. Now.Conversations.Values], [.. Now.Outbox.Select(AsStored)]),
        Generation = Now.Generation + 1,
    };

    /// <summary>Shows what is hidden.</summary>
    public void Unhide() => Now = Now.Hidden is not { } hidden ? Now : Now with
    {
        Conversations = hidden.Conversations.ToImmutableDictionary(conversation => conversation.Id),
        Outbox = [.. hidden.Outbox],
        Hidden = null,
    };

    /// <summary>Holds what the store has, to be shown when its user signs in.</summary>
    public void SetHidden(StoredState stored) => Now = Now with { Hidden = stored };

    private bool IsCleared(string conversationId, long seqNo) => seqNo <= Now.Find(conversationId)?.ClearedUpTo;

    // After a restart nothing is being sent.
    private static Outgoing AsStored(Outgoing outgoing) =>
        outgoing.State == OutgoingState.Sending ? outgoing with { State = OutgoingState.Waiting } : outgoing;
}
