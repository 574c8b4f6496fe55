using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Messaging.Sending;

internal static class SendMessageEndpoint
{
    public static void MapSendMessage(this IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/messages", async (Body body, Caller caller, IMediator mediator, CancellationToken ct) =>
        {
            var command = body.ToCommand(caller);
            return command.IsOk
                ? (await mediator.Send(command.Value, ct)).Match(
                    sent => SentAnswer.To(body.ClientMsgId, sent), HttpErrors.ToProblem)
                : HttpErrors.ToProblem(command.Error);
        })
        .WithSummary("Sends a message; the answer is the ack.")
        .Produces<SentAnswer>(201).Produces<SentAnswer>().Refuses(ErrorCodes.NotAMember, ErrorCodes.NotFound).WithTags("Messages");

    internal sealed record Body(
        string? To = null, Utf8Text? Text = null, string? ClientMsgId = null, MessageId? ReplyTo = null, SeqNo? LastSeenSeqNo = null,
        [property: JsonConverter(typeof(MediaReferencesConverter))] IReadOnlyList<MediaReference>? MediaIds = null,
        Mentions? Mentions = null, MessageId? ThreadId = null, bool Forwarded = false)
    {
        public Result<SendMessage> ToCommand(Caller caller)
        {
            if (!ConversationId.TryParseTarget(To, caller.User, out var conversation))
                return Error.BadRequest("to is a conversationId, or @userId of somebody else.");
            var content = new MessageContent(Text ?? default, ReplyTo) { Seen = LastSeenSeqNo, Mentions = Mentions, Forwarded = Forwarded };
            return new SendMessage(conversation, caller.Device, ClientMsgId ?? "", content, MediaIds) { Thread = ThreadId };
        }
    }
}
