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
            (await mediator.Send(new ChangeOwnSettings(caller.Device, id, body.MutedUntil), ct))
                .Match(settings => Results.Json(Answer.For(id, settings)), HttpErrors.ToProblem))
        .WithSummary("Changes what the caller has set for a conversation; what is left out stays.")
        .Produces<Answer>().Refuses(ErrorCodes.NotAMember, ErrorCodes.Conflict).WithTags("Conversations");

    internal sealed record Body
    {
        /// <summary>Null if it was left out; 0 for a null in the JSON.</summary>
        public long? MutedUntil { get; init => field = value ?? 0; }
    }

    internal sealed record Answer(
        ConversationId ConversationId, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? MutedUntil)
    {
        public static Answer For(ConversationId conversation, OwnSettings settings) => new(conversation, settings.MutedUntil?.ToUnixTimeMilliseconds());
    }
}
