using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Sending;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Messaging.Timers;

/// <summary>Sets the timer of a conversation. The answer is the ack.</summary>
internal static class SetTimerEndpoint
{
    public static void MapSetTimer(this IEndpointRouteBuilder routes) => routes
        .MapPut("/v1/conversations/{id}/timer", (ConversationId id, TimerBody body, Caller caller, IMediator mediator, CancellationToken ct) =>
            body.Seconds is { } seconds
                ? SetAsync(new SetTimer(id, caller.Device, body.ClientMsgId ?? Guid.CreateVersion7().ToString(), seconds), body.ClientMsgId, mediator, ct)
                : Task.FromResult(HttpErrors.ToProblem(Error.BadRequest("seconds is missing."))))
        .WithSummary("After how many seconds later messages expire; 0 for never.")
        .Produces<SentAnswer>(201).Produces<SentAnswer>().Refuses(ErrorCodes.NotAMember, ErrorCodes.Conflict, ErrorCodes.TooLarge).WithTags("Conversations");

    private static async Task<IResult> SetAsync(SetTimer command, string? clientMsgId, IMediator mediator, CancellationToken ct) =>
        (await mediator.Send(command, ct)).Match(sent => SentAnswer.To(clientMsgId, sent), HttpErrors.ToProblem);

    internal sealed record TimerBody(long? Seconds = null, string? ClientMsgId = null);
}
