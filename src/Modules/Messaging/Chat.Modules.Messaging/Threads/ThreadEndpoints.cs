using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.History;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Messaging.Threads;

internal static class ThreadEndpoints
{
    private const string Threads = "/v1/conversations/{id}/threads";

    public static void MapThreads(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet(Threads, async (ConversationId id, int? limit, string? cursor, Caller caller, IMediator mediator, CancellationToken ct) =>
                (await mediator.Send(new GetThreads(caller.Device, id, limit ?? GetThreads.DefaultLimit, cursor), ct))
                    .Match(page => Results.Json(new ThreadsAnswer(page.Roots.Select(root => BodyOf(root, caller)), page.Next)), HttpErrors.ToProblem))
            .WithSummary("The messages that began threads, newest activity first.")
            .Produces<ThreadsAnswer>().Refuses(ErrorCodes.NotAMember).WithTags("Conversations");
        routes
            .MapGet($"{Threads}/{{rootId}}/messages", async (
                ConversationId id, MessageId rootId, long? after, long? before, int? limit, Caller caller, IMediator mediator, CancellationToken ct) =>
                IsPlace(after) && IsPlace(before)
                    ? (await mediator.Send(
                        new GetThreadMessages(caller.Device, id, rootId, ToSeqNo(after), ToSeqNo(before), limit ?? GetMessages.DefaultLimit), ct))
                        .Match(page => Results.Json(MessagesAnswer.For(page, caller)), HttpErrors.ToProblem)
                    : HttpErrors.ToProblem(Error.BadRequest("after and before are from 0 to 2^53 - 1.")))
            .WithSummary("A page of a thread, without the message that began it; upwards from after, downwards from before.")
            .Produces<MessagesAnswer>().Refuses(ErrorCodes.NotAMember).WithTags("Conversations");
    }

    private static MessageBody BodyOf(MessageView view, Caller caller) => MessageBody.For(view.Message, caller.User, view.Mine);

    private static bool IsPlace(long? value) => value is null or (>= 0 and <= SeqNo.MaxValue);

    private static SeqNo? ToSeqNo(long? value) => value is { } number ? new SeqNo(number) : null;

    internal sealed record ThreadsAnswer(
        IEnumerable<MessageBody> Threads, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

    internal sealed record MessagesAnswer(
        IEnumerable<MessageBody> Messages,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SeqNo? NextAfter,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SeqNo? NextBefore)
    {
        public static MessagesAnswer For(ThreadMessagePage page, Caller caller) =>
            new(page.Messages.Select(message => BodyOf(message, caller)), page.NextAfter, page.NextBefore);
    }
}
