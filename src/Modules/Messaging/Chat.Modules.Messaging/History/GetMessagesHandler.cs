using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.History;

internal sealed class GetMessagesHandler(IMessageLog log, IMediator mediator, IOptions<MessagingOptions> options)
    : IQueryHandler<GetMessages, Result<MessagePage>>
{
    public async Task<Result<MessagePage>> Handle(GetMessages query, CancellationToken ct)
    {
        if (query.Limit < 1)
            return Error.BadRequest("limit is 1 or more.");
        if (query is { After: not null, Before: not null })
            return Error.BadRequest("Give after or before, not both.");

        while (await mediator.Send(new GetMembershipAsReader(query.Conversation, query.Caller.User), ct) is { } membership)
        {
            var page = await WithMineAsync(await ReadAsync(query, membership, ct), query.Caller.User, ct);
            // The same membership as before the read: the caller was a member when these messages were appended.
            if (await mediator.Send(new GetMembershipAsReader(query.Conversation, query.Caller.User), ct) == membership)
                return page;
        }
        return MessagingErrors.NotAMember;
    }

    private async Task<MessagePage> ReadAsync(GetMessages query, Membership membership, CancellationToken ct)
    {
        var limit = new ReadLimit(Math.Min(query.Limit, GetMessages.MaxLimit), options.Value.MaxPageContent);
        // The head first: a message appended during the read may be on the page, but is never missing below its end.
        var head = await log.GetHeadAsync(query.Conversation, ct);
        return query.Before is { } before
            ? await DownwardsAsync(query.Conversation, before, limit, membership.VisibleAfter, head, ct)
            : await UpwardsAsync(query.Conversation, query.After ?? SeqNo.None, limit, membership.VisibleAfter, head, ct);
    }

    private async Task<MessagePage> UpwardsAsync(
        ConversationId conversation, SeqNo after, ReadLimit limit, SeqNo visibleAfter, SeqNo head, CancellationToken ct)
    {
        var messages = await log.ReadAfterAsync(conversation, SeqNo.Max(after, visibleAfter), limit, ct);
        // Without a limit the page would reach the head: it is complete as far as its last message.
        var next = messages.Count > 0 ? messages[^1].SeqNo : head;
        return PageOf(conversation, messages, visibleAfter) with { NextAfter = next, MaxSeqNo = SeqNo.Max(head, next) };
    }

    private async Task<MessagePage> DownwardsAsync(
        ConversationId conversation, SeqNo before, ReadLimit limit, SeqNo visibleAfter, SeqNo head, CancellationToken ct)
    {
        var messages = await log.ReadBeforeAsync(conversation, before, limit, ct);
        var goesOn = messages.Count > 0 && messages[0].SeqNo > visibleAfter.Next;
        var max = messages.Count > 0 ? SeqNo.Max(head, messages[^1].SeqNo) : head;
        return PageOf(conversation, messages, visibleAfter) with { NextBefore = goesOn ? messages[0].SeqNo : null, MaxSeqNo = max };
    }

    // A change of a message that is not shown is a hole, too. A notice has no message.
    private static MessagePage PageOf(ConversationId conversation, IReadOnlyList<LoggedMessage> entries, SeqNo visibleAfter)
    {
        var shown = entries.Where(entry => entry.SeqNo > visibleAfter);
        return new MessagePage(conversation, [.. shown.Where(entry => entry.IsShown)], NextAfter: null, NextBefore: null, SeqNo.None)
        {
            Changes = [.. shown.Where(entry => entry.Content.IsChange && !(entry.Content.Change?.Target.SeqNo <= visibleAfter))],
        };
    }

    private async Task<MessagePage> WithMineAsync(MessagePage page, UserId reader, CancellationToken ct)
    {
        var reacted = page.Messages.Where(message => message.State is { Reactions.Count: > 0 }).Select(message => message.SeqNo).ToList();
        return reacted.Count == 0 ? page : page with { Mine = await log.ReadOwnReactionsAsync(page.Conversation, reacted, reader, ct) };
    }
}
