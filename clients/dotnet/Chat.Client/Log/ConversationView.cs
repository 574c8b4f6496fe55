using System.Collections.Immutable;

namespace Chat.Client;

/// <summary>The conversations as lists show them. Computed when asked for, and cached until something changes.</summary>
internal sealed class ConversationView(Journal journal, Typing typing)
{
    private volatile Made? _made;

    /// <summary>Without the archived ones: the pinned first, then by newest activity.</summary>
    public IReadOnlyList<Conversation> Listed => Make().Listed;

    /// <summary>The archived ones, newest activity first.</summary>
    public IReadOnlyList<Conversation> Archived => Make().Archived;

    public Conversation? Find(string id) => Make().ById.GetValueOrDefault(id);

    private Made Make()
    {
        var (state, now) = (journal.State, typing.Now);
        if (_made is { } made && made.State == state && made.Typing == now)
            return made;
        var conversations = state.Conversations;
        var outbox = state.Outbox.Select(outgoing => outgoing.AsShown()).OfType<Outgoing>().ToLookup(outgoing => outgoing.ConversationId);
        foreach (var waiting in outbox)
        {
            // Outbox entries are shown, also those whose conversation is not known otherwise: after a new epoch or a revocation.
            if (!conversations.ContainsKey(waiting.Key))
                conversations = conversations.Add(waiting.Key, new() { Id = waiting.Key, KnownSince = waiting.Last().CreatedAt });
        }
        var me = state.UserId ?? "";
        var pending = new PendingChanges(state.Outbox, me);
        var all = conversations.Values.Select(conversation => (Stored: conversation, View: Show(conversation, me, now, pending, new ValueList<Outgoing>(outbox[conversation.Id])))).ToList();
        ImmutableArray<Conversation> shown =
        [
            .. all.Where(one => one.View.Outgoing.Count > 0 || IsShown(one.Stored)).Select(one => one.View)
                .OrderByDescending(view => view.Pinned && IsListed(view))
                .ThenByDescending(ActivityOf)
                .ThenBy(view => view.Id, StringComparer.Ordinal),
        ];
        return _made = new Made(
            state, now, shown.RemoveAll(view => !IsListed(view)), shown.RemoveAll(IsListed), all.ToDictionary(one => one.View.Id, one => one.View));
    }

    /// <summary>A conversation that was opened here and has no message is not listed, nor is one that was deleted.</summary>
    private static bool IsShown(StoredConversation conversation) =>
        !conversation.IsDeleted() && (conversation.MaxSeqNo > 0 || ConversationIds.IsGroup(conversation.Id));

    // What is to be sent is shown, wherever it is.
    private static bool IsListed(Conversation conversation) => !conversation.Archived || conversation.Outgoing.Count > 0;

    // A conversation with a new outbox entry comes first, too.
    private static DateTimeOffset ActivityOf(Conversation conversation) =>
        conversation.Outgoing is [.., var last] && last.CreatedAt > conversation.Activity ? last.CreatedAt : conversation.Activity;

    private static Conversation Show(
        StoredConversation conversation, string me, ImmutableDictionary<string, ImmutableArray<string>> typing, PendingChanges pending,
        IReadOnlyList<Outgoing> outgoing) => new(
        conversation.Id, ConversationIds.IsGroup(conversation.Id) ? ConversationKind.Group : ConversationKind.Direct,
        ConversationIds.PeerOf(conversation.Id, me), conversation.Title, conversation.MaxSeqNo, conversation.ReadSeqNo, conversation.UnreadCount,
        conversation.UnreadCapped, conversation.LastMessage is { } last ? pending.On(last) : null, typing.TryGetValue(conversation.Id, out var users) ? users : [],
        conversation.IsLeft, conversation.MutedUntil)
    {
        UnreadMentions = conversation.UnreadMentions, Archived = conversation.Archived, Pinned = conversation.Pinned, MarkedUnread = conversation.MarkedUnread, ClearedUpTo = conversation.ClearedUpTo,
        Draft = conversation.Draft, Activity = conversation.LastMessage?.Timestamp ?? conversation.KnownSince, Outgoing = outgoing,
    };

    private sealed record Made(
        State State, ImmutableDictionary<string, ImmutableArray<string>> Typing, ImmutableArray<Conversation> Listed, ImmutableArray<Conversation> Archived,
        Dictionary<string, Conversation> ById);
}
