using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>The list is put together from the memberships, the log's heads and the cursors on each call: nothing is kept that could go wrong.</summary>
internal sealed class GetConversationsHandler(IMessageLog log, IMediator mediator, ListGate gate, IOptions<MessagingOptions> options)
    : IQueryHandler<GetConversations, Result<ConversationPage>>
{
    private const int ReadsAtOnce = 16;

    private static readonly Membership Direct = new(SeqNo.None, SeqNo.None);
    private static readonly Cursors NoCursors = new(SeqNo.None, SeqNo.None);

    public Task<Result<ConversationPage>> Handle(GetConversations query, CancellationToken ct) =>
        gate.PassAsync(query.Caller, () => ListAsync(query, ct));

    private async Task<Result<ConversationPage>> ListAsync(GetConversations query, CancellationToken ct)
    {
        if (query.Limit < 1)
            return Error.BadRequest("limit is 1 or more.");
        PageStart? start = null;
        if (query.Cursor is not null && (start = PageStart.Parse(query.Cursor)) is null)
            return Error.BadRequest("cursor is the next of the page before.");

        // Before anything is read: whatever moves from here on is found by it.
        var begun = log.ActivityFloor;
        var directs = await Concurrently.SelectAsync(
            await mediator.Send(new GetDirectConversations(query.Caller.User), ct), ReadsAtOnce,
            (direct, cancelled) => EntryAsync(direct, null, Direct, DateTimeOffset.UnixEpoch, cancelled), ct);
        var groups = await Concurrently.SelectAsync(
            await mediator.Send(new GetGroupsOf(query.Caller.User), ct), ReadsAtOnce,
            (group, cancelled) => EntryAsync(group.Group, group.Title, group.Membership, group.CreatedAt, cancelled), ct);
        // A direct conversation is noted before its first message is, which may then never have been written.
        Entry[] all = [.. directs.Where(direct => direct.Last is not null), .. groups];

        var limit = Math.Min(query.Limit, GetConversations.MaxLimit);
        var page = Rest(all, start).Take(limit + 1).ToList();
        PageStart? next = null;
        var fitting = Math.Min(limit, CountFitting(page));
        if (page.Count > fitting)
        {
            page.RemoveRange(fitting, page.Count - fitting);
            var isDown = start is null || (start.Begun is not null && page[^1].Place.CompareTo(start.After) > 0);
            next = new PageStart(page[^1].Place, isDown ? start?.Begun ?? begun : null);
        }

        var cursors = await mediator.Send(new GetCursors(query.Caller), ct);
        var summaries = await Concurrently.SelectAsync(
            page, ReadsAtOnce,
            (entry, cancelled) => SummaryAsync(entry, query.Caller.User, cursors.GetValueOrDefault(entry.Place.Conversation, NoCursors), cancelled), ct);
        return new ConversationPage(summaries, next?.ToString(), log.Epoch);
    }

    /// <summary>What is still to be listed, in the order of <see cref="PageStart"/>.</summary>
    private static IEnumerable<Entry> Rest(IEnumerable<Entry> all, PageStart? start)
    {
        if (start is null)
            return all.OrderBy(entry => entry.Place);
        var below = all.Where(entry => entry.Place.CompareTo(start.After) > 0);
        // Only a message moves a conversation up.
        var above = all.Where(entry => entry.Last is not null && entry.Place.CompareTo(start.After) < 0).OrderByDescending(entry => entry.Place);
        return start.Begun is { } begun ? below.OrderBy(entry => entry.Place).Concat(above.Where(entry => entry.Place.Activity > begun)) : above;
    }

    // A page ends at its size in bytes, too; one conversation is on it whatever its size.
    private int CountFitting(List<Entry> entries)
    {
        var room = options.Value.MaxPageContent;
        return Math.Max(Math.Min(1, entries.Count), entries.TakeWhile(entry => (room -= entry.MaxJsonBytes()) >= 0).Count());
    }

    private async ValueTask<Entry> EntryAsync(
        ConversationId conversation, string? title, Membership membership, DateTimeOffset createdAt, CancellationToken ct)
    {
        var newest = await log.ReadBeforeAsync(conversation, new SeqNo(SeqNo.MaxValue), limit: 1, ct);
        var last = newest.Count > 0 ? newest[0] : null;
        return new Entry(new PagePlace(last is null ? Activity.At(createdAt) : Activity.Of(last.Id), conversation), title, membership, last);
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
            entry.Last is { Content.IsShown: true } shown && shown.SeqNo > entry.Membership.VisibleAfter ? shown : null);
    }

    private sealed record Entry(PagePlace Place, string? Title, Membership Membership, LoggedMessage? Last)
    {
        // Names of fields, punctuation, numbers.
        private const int FixedJsonBytes = 256;

        public int MaxJsonBytes() =>
            FixedJsonBytes + Place.Conversation.Value.Length + JsonText.MaxBytes(Title) + (Last?.MaxJsonBytes() ?? 0);
    }
}
