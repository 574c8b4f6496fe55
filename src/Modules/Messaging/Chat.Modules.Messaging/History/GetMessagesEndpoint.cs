using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Messaging.History;

internal static class GetMessagesEndpoint
{
    public static void MapGetMessages(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/conversations/{id}/messages",
            async (string id, long? after, long? before, int? limit, Caller caller, IMediator mediator, CancellationToken ct) =>
                ConversationId.TryParse(id, out var conversation) && IsPlace(after) && IsPlace(before)
                    ? (await mediator.Send(
                        new GetMessages(caller.Device, conversation, ToSeqNo(after), ToSeqNo(before), limit ?? GetMessages.DefaultLimit), ct))
                        .Match(page => Results.Json(Answer.For(page, caller.User)), HttpErrors.ToProblem)
                    : HttpErrors.ToProblem(Error.BadRequest("A conversationId in the path; after and before are from 0 to 2^53 - 1.")))
        .WithSummary("A page of a conversation's history; upwards from after, downwards from before.")
        .Produces<Answer>().Refuses(ErrorCodes.NotAMember).WithTags("Conversations");

    private static bool IsPlace(long? value) => value is null or (>= 0 and <= SeqNo.MaxValue);

    private static SeqNo? ToSeqNo(long? value) => value is { } number ? new SeqNo(number) : null;

    internal sealed record Answer(
        ConversationId ConversationId, IEnumerable<MessageBody> Messages,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IEnumerable<ChangeBody>? Changes,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SeqNo? NextAfter,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SeqNo? NextBefore,
        SeqNo MaxSeqNo)
    {
        public static Answer For(MessagePage page, UserId reader) => new(
            page.Conversation, page.Messages.Select(message => MessageBody.For(message, reader, page.Mine.GetValueOrDefault(message.SeqNo))),
            page.Changes.Count > 0 ? page.Changes.Select(change => ChangeBody.For(change, reader)) : null, page.NextAfter, page.NextBefore, page.MaxSeqNo);
    }
}
