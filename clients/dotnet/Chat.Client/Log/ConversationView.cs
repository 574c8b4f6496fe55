using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>The conversations as a list shows them, newest activity first. Computed when asked for, and cached until something changes.</summary>
internal sealed class ConversationView(Journal journal, Typing typing)
{
    private volatile Made? _made;

    public IReadOnlyList<Conversation> All => Make().List;

    public Conversation? Find(string id) => Make().ById.GetValueOrDefault(id);

    private Made Make()
    {
        var (state, now) = (journal.State, typing.Now);
        if (_made is { } made && made.State == state && made.Typing == now)
            return made;
        var written = new Dictionary<string, DateTimeOffset>();
        var conversations = state.Conversations;
        foreach (var outgoing in state.Outbox.Where(outgoing => outgoing.AsShown() is not null))
        {
            written[outgoing.ConversationId] = outgoing.CreatedAt;
            // Outbox entries are shown, also those whose conversation is not known otherwise: after a new epoch or a revocation.
            if (!conversations.ContainsKey(outgoing.ConversationId))
                conversations = conversations.Add(outgoing.ConversationId, new() { Id = outgoing.ConversationId, KnownSince = outgoing.CreatedAt });
        }
        var me = state.UserId ?? "";
        var pending = new PendingChanges(state.Outbox, me);
        ImmutableArray<Conversation> list =
        [
            // A conversation that was opened here and has no message is not listed.
            .. conversations.Values
                .Where(conversation => conversation.MaxSeqNo > 0 || ConversationIds.IsGroup(conversation.Id) || written.ContainsKey(conversation.Id))
                .OrderByDescending(conversation => ActivityOf(conversation, written))
                .ThenBy(conversation => conversation.Id, StringComparer.Ordinal)
                .Select(conversation => Show(conversation, me, now, pending)),
        ];
        return _made = new Made(state, now, list, list.ToDictionary(conversation => conversation.Id));
    }

    private static DateTimeOffset ActivityOf(StoredConversation conversation, Dictionary<string, DateTimeOffset> written)
    {
        var last = conversation.LastMessage?.Timestamp ?? conversation.KnownSince;
        return written.TryGetValue(conversation.Id, out var waiting) && waiting > last ? waiting : last;
    }

    private static Conversation Show(
        StoredConversation conversation, string me, ImmutableDictionary<string, ImmutableArray<string>> typing, PendingChanges pending) => new(
        conversation.Id, ConversationIds.IsGroup(conversation.Id) ? ConversationKind.Group : ConversationKind.Direct,
        ConversationIds.PeerOf(conversation.Id, me), conversation.Title, conversation.MaxSeqNo, conversation.ReadSeqNo, conversation.UnreadCount,
        conversation.UnreadCapped, conversation.LastMessage is { } last ? pending.On(last) : null, typing.TryGetValue(conversation.Id, out var users) ? users : [],
        conversation.IsLeft, conversation.MutedUntil);

    private sealed record Made(
        State State, ImmutableDictionary<string, ImmutableArray<string>> Typing, IReadOnlyList<Conversation> List,
        Dictionary<string, Conversation> ById);
}
