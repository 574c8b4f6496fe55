using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Settings;
using MediatR;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>Looks at the conversations with the newest activity alone: it costs about what the first page of the list does.</summary>
internal sealed class CountUnreadHandler(IMessageLog log, IInbox inbox, IOwnSettingsStore settings, IMediator mediator) : IQueryHandler<CountUnread, UnreadCounts>
{
    private const int ReadsAtOnce = 16;

    private static readonly Membership Direct = new(SeqNo.None, SeqNo.None);

    public async Task<UnreadCounts> Handle(CountUnread query, CancellationToken ct)
    {
        var directs = await (await inbox.OpenAsync(query.User, ct)).DownAsync(null, UnreadCounts.MaxConversations, ct);
        var groups = await mediator.Send(new GetGroupsOf(query.User), ct);
        var heads = await log.GetHeadsAsync([.. groups.Select(group => group.Group)], ct);
        var newest = directs.Select(direct => (direct.Position, direct.Head, Membership: Direct))
            .Concat(groups.Zip(heads).Where(group => group.Second is not null).Select(group =>
                (Position: new ListPosition(group.Second!.Value.Activity, group.First.Group), Head: group.Second.Value.SeqNo, group.First.Membership)))
            .OrderBy(entry => entry.Position).Take(UnreadCounts.MaxConversations).ToList();
        var conversations = newest.ConvertAll(entry => entry.Position.Conversation);
        var hidden = await settings.ReadHiddenAsync(query.User, conversations, ct);
        var read = await ReadAsync(query, conversations, ct);
        var unread = await Concurrently.SelectAsync(
            newest, ReadsAtOnce,
            async (entry, cancelled) =>
            {
                var conversation = entry.Position.Conversation;
                var visibleAfter = SeqNo.Max(entry.Membership.VisibleAfter, hidden.GetValueOrDefault(conversation).ClearedUpTo);
                var start = SeqNo.Max(read.GetValueOrDefault(conversation), SeqNo.Max(entry.Membership.JoinedAt, visibleAfter));
                var limit = conversation == query.Conversation ? ConversationSummary.UnreadCap : 1;
                return entry.Head > start ? (await log.CountOthersAsync(conversation, query.User, start, entry.Head, limit, cancelled)).Count : 0;
            },
            ct);
        var asked = newest.FindIndex(entry => entry.Position.Conversation == query.Conversation);
        return new UnreadCounts(asked < 0 ? await CountAskedAsync(query, ct) : unread[asked], unread.Count(count => count > 0));
    }

    // A conversation that is not among the newest.
    private async Task<int> CountAskedAsync(CountUnread query, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembershipAsReader(query.Conversation, query.User), ct) is not { } membership)
            return 0;
        var read = (await ReadAsync(query, [query.Conversation], ct)).GetValueOrDefault(query.Conversation);
        var start = SeqNo.Max(read, SeqNo.Max(membership.JoinedAt, membership.VisibleAfter));
        var head = await log.GetHeadAsync(query.Conversation, ct);
        return (await log.CountOthersAsync(query.Conversation, query.User, start, head, ConversationSummary.UnreadCap, ct)).Count;
    }

    private async Task<IReadOnlyDictionary<ConversationId, SeqNo>> ReadAsync(CountUnread query, IReadOnlyList<ConversationId> conversations, CancellationToken ct) =>
        await mediator.Send(new GetReadPlaces(query.User, conversations), ct);
}
