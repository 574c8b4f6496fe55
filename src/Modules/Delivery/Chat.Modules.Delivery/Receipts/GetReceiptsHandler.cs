using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Receipts;

internal sealed class GetReceiptsHandler(CursorTable cursors, IMediator mediator) : IQueryHandler<GetReceipts, Result<IReadOnlyList<MemberReceipt>>>
{
    private const int ReadsAtOnce = 16;

    public async Task<Result<IReadOnlyList<MemberReceipt>>> Handle(GetReceipts query, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(query.Conversation, query.Caller.User), ct) is null)
            return MessagingErrors.NotAMember;
        var members = await mediator.Send(new GetMembers(query.Conversation), ct);
        return await Concurrently.SelectAsync(members, ReadsAtOnce, (member, cancelled) => ReceiptOfAsync(query.Conversation, member, cancelled), ct);
    }

    // A member has nothing left to get from before it joined.
    private async ValueTask<MemberReceipt> ReceiptOfAsync(ConversationId conversation, UserId member, CancellationToken ct)
    {
        var joinedAt = (await mediator.Send(new GetMembership(conversation, member), ct))?.JoinedAt ?? SeqNo.None;
        var cursor = await cursors.ReadAsync(new CursorKey(member, null, conversation), ct);
        return new MemberReceipt(member, SeqNo.Max(cursor.Delivered, joinedAt), SeqNo.Max(cursor.Read, joinedAt));
    }
}
