using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Delivery.Receipts;

internal static class GetReceiptsEndpoint
{
    public static void MapGetReceipts(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/conversations/{id}/receipts", async (string id, Caller caller, IMediator mediator, CancellationToken ct) =>
            ConversationId.TryParse(id, out var conversation)
                ? (await mediator.Send(new GetReceipts(caller.Device, conversation), ct))
                    .Match(receipts => Results.Json(Answer.For(receipts)), HttpErrors.ToProblem)
                : HttpErrors.ToProblem(Error.BadRequest("The path names no conversationId.")))
        .WithSummary("How far each member has got.")
        .Produces<Answer>().Refuses(ErrorCodes.NotAMember).WithTags("Conversations");

    internal sealed record Answer(IEnumerable<Member> Members)
    {
        public static Answer For(IReadOnlyList<MemberReceipt> receipts) =>
            new(receipts.Select(receipt => new Member(receipt.User, receipt.Delivered, receipt.Read)));
    }

    internal sealed record Member(UserId UserId, SeqNo DeliveredSeqNo, SeqNo ReadSeqNo);
}
