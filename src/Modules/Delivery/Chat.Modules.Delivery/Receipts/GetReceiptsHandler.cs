using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Receipts;

internal sealed class GetReceiptsHandler(CursorTable cursors, IMediator mediator) : IQueryHandler<GetReceipts, Result<IReadOnlyList<MemberReceipt>>>
{
    public async Task<Result<IReadOnlyList<MemberReceipt>>> Handle(GetReceipts query, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(query.Conversation, query.Caller.User), ct) is null)
            return MessagingErrors.NotAMember;
        var receipts = new List<MemberReceipt>();
        foreach (var member in await mediator.Send(new GetMembers(query.Conversation), ct))
        {
            var cursor = await cursors.ReadAsync(new CursorKey(member, null, query.Conversation), ct);
            receipts.Add(new MemberReceipt(member, cursor.Delivered, cursor.Read));
        }
        return receipts;
    }
}
