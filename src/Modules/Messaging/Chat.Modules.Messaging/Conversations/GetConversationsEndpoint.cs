using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.History;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Messaging.Conversations;

internal static class GetConversationsEndpoint
{
    public static void MapGetConversations(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/conversations", async (int? limit, string? cursor, bool? archived, Caller caller, IMediator mediator, CancellationToken ct) =>
            (await mediator.Send(new GetConversations(caller.Device, limit ?? GetConversations.DefaultLimit, cursor) { Archived = archived ?? false }, ct))
                .Match(page => Results.Json(Answer.For(page, caller.User)), HttpErrors.ToProblem))
        .WithSummary("The caller's conversations, newest activity first: with archived=true the archived ones, else all others.")
        .Produces<Answer>().WithTags("Conversations");

    internal sealed record Answer(
        IEnumerable<Item> Conversations, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next, string Epoch)
    {
        public static Answer For(ConversationPage page, UserId reader) =>
            new(page.Conversations.Select(conversation => Item.For(conversation, reader)), page.Next, page.Epoch);
    }

    internal sealed record Item(
        ConversationId ConversationId, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Title,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Timer,
        SeqNo MaxSeqNo, SeqNo DeliveredSeqNo, SeqNo ReadSeqNo, int UnreadCount,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool UnreadCapped,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int UnreadMentions,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MessageBody? LastMessage,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? MutedUntil,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Archived,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Pinned,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool MarkedUnread,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] SeqNo ClearedUpTo,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Draft)
    {
        public static Item For(ConversationSummary summary, UserId reader) => new(
            summary.Id, summary.Title, summary.Timer, summary.MaxSeqNo, summary.DeliveredSeqNo, summary.ReadSeqNo, summary.UnreadCount, summary.UnreadCapped, summary.UnreadMentions,
            summary.LastMessage is { } last ? MessageBody.For(last, reader, summary.Mine) : null, summary.Own.MutedUntil?.ToUnixTimeMilliseconds(),
            summary.Own.IsArchived, summary.Own.IsPinned, summary.Own.IsMarkedUnread, summary.Own.ClearedUpTo, summary.Own.Draft);
    }
}
