using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Sending;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Messaging.Changes;

/// <summary>Changes of a message. The answer is the ack.</summary>
internal static class ChangeEndpoints
{
    private const string Message = "/v1/conversations/{id}/messages/{messageId}";
    private const string Reaction = $"{Message}/reactions/{{emoji}}";
    private const string Pin = $"{Message}/pin";

    public static void MapChanges(this IEndpointRouteBuilder routes)
    {
        routes
            .MapPatch(Message, (ConversationId id, MessageId messageId, EditBody body, Caller caller, IMediator mediator, CancellationToken ct) =>
                body.Text is { } text
                    ? ChangeAsync(id, messageId, MessageKind.Edit, body.ClientMsgId, change => change with { Text = text, BasedOn = body.BasedOn, Mentions = body.Mentions }, caller, mediator, ct)
                    : Task.FromResult(HttpErrors.ToProblem(Error.BadRequest("text is missing."))))
            .WithSummary("Gives a message another text.").Describe();
        routes
            .MapDelete(Message, (ConversationId id, MessageId messageId, string? clientMsgId, Caller caller, IMediator mediator, CancellationToken ct) =>
                ChangeAsync(id, messageId, MessageKind.Delete, clientMsgId, change => change, caller, mediator, ct))
            .WithSummary("Deletes a message for everyone.").Describe();
        routes
            .MapPut(Reaction, (ConversationId id, MessageId messageId, string emoji, string? clientMsgId, Caller caller, IMediator mediator, CancellationToken ct) =>
                ReactAsync(id, messageId, emoji, true, clientMsgId, caller, mediator, ct))
            .WithSummary("Sets a reaction.").Describe();
        routes
            .MapDelete(Reaction, (ConversationId id, MessageId messageId, string emoji, string? clientMsgId, Caller caller, IMediator mediator, CancellationToken ct) =>
                ReactAsync(id, messageId, emoji, false, clientMsgId, caller, mediator, ct))
            .WithSummary("Takes a reaction back.").Describe();
        routes
            .MapPut(Pin, (ConversationId id, MessageId messageId, string? clientMsgId, Caller caller, IMediator mediator, CancellationToken ct) =>
                PinAsync(id, messageId, true, clientMsgId, caller, mediator, ct))
            .WithSummary("Pins a message.").Describe();
        routes
            .MapDelete(Pin, (ConversationId id, MessageId messageId, string? clientMsgId, Caller caller, IMediator mediator, CancellationToken ct) =>
                PinAsync(id, messageId, false, clientMsgId, caller, mediator, ct))
            .WithSummary("Pins a message no longer.").Describe();
    }

    private static Task<IResult> ReactAsync(
        ConversationId conversation, MessageId message, string emoji, bool on, string? clientMsgId, Caller caller, IMediator mediator, CancellationToken ct) =>
        ChangeAsync(conversation, message, MessageKind.Reaction, clientMsgId, change => change with { Emoji = emoji, On = on }, caller, mediator, ct);

    private static Task<IResult> PinAsync(
        ConversationId conversation, MessageId message, bool on, string? clientMsgId, Caller caller, IMediator mediator, CancellationToken ct) =>
        ChangeAsync(conversation, message, MessageKind.Pin, clientMsgId, change => change with { On = on }, caller, mediator, ct);

    private static async Task<IResult> ChangeAsync(
        ConversationId conversation, MessageId message, MessageKind kind, string? clientMsgId, Func<ChangeMessage, ChangeMessage> with, Caller caller, IMediator mediator,
        CancellationToken ct)
    {
        // Without an id each call is an attempt of its own.
        var attempt = clientMsgId ?? Guid.CreateVersion7().ToString();
        return (await mediator.Send(with(new ChangeMessage(conversation, caller.Device, attempt, message, kind)), ct)).Match(
            sent => SentAnswer.To(clientMsgId, sent), HttpErrors.ToProblem);
    }

    private static void Describe(this RouteHandlerBuilder call) => call
        .Produces<SentAnswer>(201).Produces<SentAnswer>().Refuses(ErrorCodes.NotAMember, ErrorCodes.Conflict, ErrorCodes.TooLate, ErrorCodes.TooLarge).WithTags("Messages");

    internal sealed record EditBody(Utf8Text? Text = null, SeqNo? BasedOn = null, string? ClientMsgId = null, Mentions? Mentions = null);
}
