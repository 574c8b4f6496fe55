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
    public async Task<Result<IReadOnlyList<MemberReceipt>>> Handle(GetReceipts query, CancellationToken ct)
    {
        if (await mediator.Send(new GetMembership(query.Conversation, query.Caller.User), ct) is null)
            return MessagingErrors.NotAMember;
        var members = await mediator.Send(new GetMembers(query.Conversation), ct);
        var read = await cursors.ReadUsersAsync(query.Conversation, members, ct);
        var receipts = new MemberReceipt[members.Count];
        for (var i = 0; i < receipts.Length; i++)
        {
            // Messages from before the member joined count as received and read.
            var joinedAt = (await mediator.Send(new GetMembership(query.Conversation, members[i]), ct))?.JoinedAt ?? SeqNo.None;
            receipts[i] = new MemberReceipt(members[i], SeqNo.Max(read[i].Delivered, joinedAt), SeqNo.Max(read[i].Read, joinedAt));
        }
        return receipts;
    }
}
