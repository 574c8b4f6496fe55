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

namespace Chat.Modules.Messaging.History;

/// <summary>One message, what was done to it, and the pinned ones.</summary>
internal static class GetMessageEndpoints
{
    private const string Message = "/v1/conversations/{id}/messages/{messageId}";

    public static void MapGetMessage(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet(Message, async (ConversationId id, MessageId messageId, Caller caller, IMediator mediator, CancellationToken ct) =>
                (await mediator.Send(new GetMessage(caller.Device, id, messageId), ct))
                    .Match(view => Results.Json(MessageBody.For(view.Message, caller.User, view.Mine)), HttpErrors.ToProblem))
            .WithSummary("A message in its present state.")
            .Produces<MessageBody>().Refuses(ErrorCodes.NotAMember).WithTags("Messages");
        routes
            .MapGet($"{Message}/reactions", async (
                ConversationId id, MessageId messageId, string? emoji, int? limit, string? cursor, Caller caller, IMediator mediator, CancellationToken ct) =>
                (await mediator.Send(new GetReactions(caller.Device, id, messageId, emoji, limit ?? GetReactions.DefaultLimit, cursor), ct))
                    .Match(page => Results.Json(ReactionsAnswer.For(page)), HttpErrors.ToProblem))
            .WithSummary("Who has reacted to a message; with emoji, who with this one.")
            .Produces<ReactionsAnswer>().Refuses(ErrorCodes.NotAMember).WithTags("Messages");
        routes
            .MapGet($"{Message}/edits", async (ConversationId id, MessageId messageId, Caller caller, IMediator mediator, CancellationToken ct) =>
                (await mediator.Send(new GetEdits(caller.Device, id, messageId), ct))
                    .Match(texts => Results.Json(new EditsAnswer(texts.Select(EditItem.For))), HttpErrors.ToProblem))
            .WithSummary("A message's first text and its edits, ascending.")
            .Produces<EditsAnswer>().Refuses(ErrorCodes.NotAMember, ErrorCodes.Conflict).WithTags("Messages");
        routes
            .MapGet("/v1/conversations/{id}/pins", async (ConversationId id, string? cursor, Caller caller, IMediator mediator, CancellationToken ct) =>
                (await mediator.Send(new GetPins(caller.Device, id, cursor), ct))
                    .Match(pins => Results.Json(new PinsAnswer(pins.Messages.Select(pin => MessageBody.For(pin.Message, caller.User, pin.Mine)), pins.Next)), HttpErrors.ToProblem))
            .WithSummary("The pinned messages of a conversation, newest pin first.")
            .Produces<PinsAnswer>().Refuses(ErrorCodes.NotAMember).WithTags("Conversations");
    }

    internal sealed record ReactionsAnswer(
        IEnumerable<ReactionItem> Reactions, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next)
    {
        public static ReactionsAnswer For(ReactionPage page) =>
            new(page.Reactions.Select(reaction => new ReactionItem(reaction.User, reaction.Emoji, reaction.SeqNo)), page.Next);
    }

    internal sealed record ReactionItem(UserId UserId, string Emoji, SeqNo SeqNo);

    internal sealed record EditsAnswer(IEnumerable<EditItem> Edits);

    internal sealed record EditItem(
        MessageId MessageId, SeqNo SeqNo, UserId SenderId, long Timestamp, Utf8Text Text,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Mentions? Mentions,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Concurrent)
    {
        public static EditItem For(LoggedMessage entry) => new(
            entry.Id, entry.SeqNo, entry.Sender.User, entry.Timestamp.ToUnixTimeMilliseconds(), entry.Content.Text, entry.Content.Mentions, entry.Content.Change?.Concurrent ?? false);
    }

    internal sealed record PinsAnswer(
        IEnumerable<MessageBody> Messages, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);
}
