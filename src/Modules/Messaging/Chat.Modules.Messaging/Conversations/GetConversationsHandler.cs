using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>The list is put together from the memberships, the log's heads and the cursors on each call: nothing is kept that could go wrong.</summary>
internal sealed class GetConversationsHandler(IMessageLog log, IMediator mediator) : IQueryHandler<GetConversations, Result<ConversationPage>>
{
    private const int ReadsAtOnce = 16;

    private static readonly Membership Direct = new(SeqNo.None, SeqNo.None);
    private static readonly Cursors NoCursors = new(SeqNo.None, SeqNo.None);

    public async Task<Result<ConversationPage>> Handle(GetConversations query, CancellationToken ct)
    {
        if (query.Limit < 1)
            return Error.BadRequest("limit is 1 or more.");
        PagePlace? start = null;
        if (query.Cursor is not null && (start = PagePlace.Parse(query.Cursor)) is null)
            return Error.BadRequest("cursor is the next of the page before.");

        var directs = await Concurrently.SelectAsync(
            await mediator.Send(new GetDirectConversations(query.Caller.User), ct), ReadsAtOnce,
            (direct, cancelled) => EntryAsync(direct, null, Direct, DateTimeOffset.UnixEpoch, cancelled), ct);
        var groups = await Concurrently.SelectAsync(
            await mediator.Send(new GetGroupsOf(query.Caller.User), ct), ReadsAtOnce,
            (group, cancelled) => EntryAsync(group.Group, group.Title, group.Membership, group.CreatedAt, cancelled), ct);
        // A direct conversation is noted before its first message is, which may then never have been written.
        var all = directs.Where(direct => direct.Last is not null).Concat(groups);

        var limit = Math.Min(query.Limit, GetConversations.MaxLimit);
        var page = all.Where(entry => start is null || entry.Place.CompareTo(start) > 0).OrderBy(entry => entry.Place).Take(limit + 1).ToList();
        var more = page.Count > limit;
        if (more)
            page.RemoveAt(limit);

        var cursors = await mediator.Send(new GetCursors(query.Caller), ct);
        var summaries = await Concurrently.SelectAsync(
            page, ReadsAtOnce,
            (entry, cancelled) => SummaryAsync(entry, query.Caller.User, cursors.GetValueOrDefault(entry.Place.Conversation, NoCursors), cancelled), ct);
        return new ConversationPage(summaries, more ? page[^1].Place.ToString() : null, log.Epoch);
    }

    private async ValueTask<Entry> EntryAsync(
        ConversationId conversation, string? title, Membership membership, DateTimeOffset createdAt, CancellationToken ct)
    {
        var newest = await log.ReadBeforeAsync(conversation, new SeqNo(SeqNo.MaxValue), limit: 1, ct);
        var last = newest.Count > 0 ? newest[0] : null;
        return new Entry(new PagePlace(last?.Timestamp ?? createdAt, conversation), title, membership, last);
    }

    private async ValueTask<ConversationSummary> SummaryAsync(Entry entry, UserId user, Cursors cursors, CancellationToken ct)
    {
        var read = SeqNo.Max(cursors.Read, entry.Membership.JoinedAt);
        var last = entry.Last?.SeqNo ?? SeqNo.None;
        // What came after the last message was found is not in the answer, and is not counted: a client counts it when it comes.
        var unread = await log.CountOthersAsync(
            entry.Place.Conversation, user, SeqNo.Max(read, entry.Membership.VisibleAfter), last, ConversationSummary.UnreadCap, ct);
        return new ConversationSummary(
            entry.Place.Conversation, entry.Title, last,
            SeqNo.Max(cursors.Delivered, entry.Membership.JoinedAt), read, unread.Count, !unread.IsAll,
            entry.Last?.SeqNo > entry.Membership.VisibleAfter ? entry.Last : null);
    }

    private sealed record Entry(PagePlace Place, string? Title, Membership Membership, LoggedMessage? Last);
}
