using System.Text.Json.Serialization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Messaging.Settings;

internal static class ChangeOwnSettingsEndpoint
{
    public static void MapChangeOwnSettings(this IEndpointRouteBuilder routes) => routes
        .MapPatch("/v1/conversations/{id}/mine", async (ConversationId id, Body body, Caller caller, IMediator mediator, CancellationToken ct) =>
            (await mediator.Send(body.ToCommand(caller, id), ct)).Match(settings => Results.Json(Answer.For(id, settings)), HttpErrors.ToProblem))
        .WithSummary("Changes what the caller has set for a conversation; what is left out stays.")
        .Produces<Answer>().Refuses(ErrorCodes.NotAMember, ErrorCodes.Conflict, ErrorCodes.TooLarge).WithTags("Conversations");

    internal sealed record Body
    {
        /// <summary>Null if it was left out; 0 for a null in the JSON.</summary>
        public long? MutedUntil { get; init => field = value ?? 0; }

        public bool? Archived { get; init; }

        public bool? Pinned { get; init; }

        public bool? MarkedUnread { get; init; }

        public long? ClearedUpTo { get; init; }

        /// <summary>Null if it was left out; empty for a null in the JSON.</summary>
        public string? Draft { get; init => field = value ?? ""; }

        public ChangeOwnSettings ToCommand(Caller caller, ConversationId conversation) => new(caller.Device, conversation, MutedUntil)
        {
            Archived = Archived,
            Pinned = Pinned,
            MarkedUnread = MarkedUnread,
            ClearedUpTo = ClearedUpTo,
            Draft = Draft,
        };
    }

    internal sealed record Answer(
        ConversationId ConversationId,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? MutedUntil,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Archived,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Pinned,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool MarkedUnread,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] SeqNo ClearedUpTo,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Draft)
    {
        public static Answer For(ConversationId conversation, OwnSettings settings) => new(
            conversation, settings.MutedUntil?.ToUnixTimeMilliseconds(), settings.IsArchived, settings.IsPinned, settings.IsMarkedUnread,
            settings.ClearedUpTo, settings.Draft);
    }
}
