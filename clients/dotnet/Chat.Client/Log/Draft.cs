using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>
/// A change in the making: written as one transaction, and only then true. Made and committed on the loop, one at a time.
/// </summary>
internal sealed class Draft(State start)
{
    private static readonly OutgoingError NoMember = new(ErrorCodes.NotAMember, "You are no member of this conversation any more.");

    private readonly List<StoreChange> _changes = [];
    private readonly HashSet<string> _dirty = [];
    private readonly List<Message> _messages = [];

    /// <summary>What will be true.</summary>
    public State Now { get; private set; } = start;

    /// <summary>The messages that it puts into the log, in any order.</summary>
    public IReadOnlyList<Message> Messages => _messages;

    /// <summary>Of <see cref="Messages"/>, those that were pushed and are new.</summary>
    public List<Message> Arrived { get; } = [];

    /// <summary>The conversations that it is about.</summary>
    public IReadOnlyCollection<string> Touched => _dirty;

    /// <summary>The conversations that it removes.</summary>
    public List<string> Removed { get; } = [];

    /// <summary>All that is to be written, in order; a conversation once, as it ends up.</summary>
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

    public void Put(StoredConversation conversation)
    {
        if (Now.Find(conversation.Id) == conversation)
            return;
        _dirty.Add(conversation.Id);
        Now = Now with { Conversations = Now.Conversations.SetItem(conversation.Id, conversation) };
    }

    /// <summary>Puts a message at its place. What that completes is said of its conversation.</summary>
    public void Put(Message message)
    {
        _changes.Add(new StoreChange.PutMessage(message));
        _messages.Add(message);
    }

    /// <summary>
    /// The user is not in a conversation any more: it goes. What waits to be sent into it is refused, and for that its name stays.
    /// </summary>
    public void Remove(string conversationId)
    {
        var title = Now.Find(conversationId)?.Title;
        Removed.Add(conversationId);
        _changes.Add(new StoreChange.RemoveConversation(conversationId));
        _messages.RemoveAll(message => message.ConversationId == conversationId);
        Now = Now with { Conversations = Now.Conversations.Remove(conversationId) };
        foreach (var outgoing in Now.Outbox.Where(outgoing => outgoing.ConversationId == conversationId))
        {
            Put(outgoing with { State = OutgoingState.Failed, Error = outgoing.Error ?? NoMember });
            Put(new StoredConversation { Id = conversationId, Title = title, KnownSince = outgoing.CreatedAt, IsLeft = true });
        }
    }

    public void Put(Outgoing outgoing)
    {
        _changes.Add(new StoreChange.PutOutgoing(AsStored(outgoing)));
        Show(outgoing);
    }

    /// <summary>Changes an outbox message here and not in the store: that it is under way.</summary>
    public void Show(Outgoing outgoing)
    {
        var place = Now.Outbox.FindIndex(other => other.ClientMsgId == outgoing.ClientMsgId);
        Now = Now with { Outbox = place < 0 ? Now.Outbox.Add(outgoing) : Now.Outbox.SetItem(place, outgoing) };
    }

    public void RemoveOutgoing(string clientMsgId)
    {
        _changes.Add(new StoreChange.RemoveOutgoing(clientMsgId));
        Now = Now with { Outbox = Now.Outbox.RemoveAll(outgoing => outgoing.ClientMsgId == clientMsgId) };
    }

    /// <summary>Forgets the log, of which another takes the place.</summary>
    public void ClearLog()
    {
        _changes.Add(new StoreChange.ClearLog());
        _messages.Clear();
        _dirty.Clear();
        Now = Now with
        {
            Conversations = ImmutableDictionary<string, StoredConversation>.Empty,
            Kept = Now.Kept is { } kept ? kept with { Conversations = [] } : null,
            Life = Now.Life + 1,
        };
    }

    public void ClearOutbox()
    {
        _changes.Add(new StoreChange.ClearOutbox());
        Now = Now with { Outbox = [], Kept = Now.Kept is { } kept ? kept with { Outbox = [] } : null };
    }

    /// <summary>Shows nothing of the log and the outbox, which stay in the store for their user's return.</summary>
    public void Hide() => Now = Now with
    {
        Conversations = ImmutableDictionary<string, StoredConversation>.Empty,
        Outbox = [],
        Kept = new StoredState(null, [.. Now.Conversations.Values], [.. Now.Outbox.Select(AsStored)]),
        Life = Now.Life + 1,
    };

    /// <summary>Shows again what is kept.</summary>
    public void Unhide() => Now = Now.Kept is not { } kept ? Now : Now with
    {
        Conversations = kept.Conversations.ToImmutableDictionary(conversation => conversation.Id),
        Outbox = [.. kept.Outbox],
        Kept = null,
    };

    /// <summary>Keeps what the store holds, to be shown when its user is there.</summary>
    public void Keep(StoredState stored) => Now = Now with { Kept = stored };

    // What is under way is not any more after a restart.
    private static Outgoing AsStored(Outgoing outgoing) =>
        outgoing.State == OutgoingState.Sending ? outgoing with { State = OutgoingState.Waiting } : outgoing;
}
