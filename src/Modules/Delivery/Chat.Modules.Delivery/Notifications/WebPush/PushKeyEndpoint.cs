using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.Modules.Delivery.Notifications.Platforms;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Modules.Delivery.Notifications.WebPush;

internal static class PushKeyEndpoint
{
    private static readonly Error NotOffered = new(ErrorCodes.NotFound, "This server sends no Web Push.");

    /// <summary>Opens the key now, so that one that cannot be used ends the start.</summary>
    public static void MapPushKey(this IEndpointRouteBuilder routes)
    {
        var key = routes.ServiceProvider.GetRequiredService<PlatformKeys>().Vapid;
        routes.MapGet("/v1/push/key", (Caller caller) => key is null ? HttpErrors.ToProblem(NotOffered) : Results.Json(new Answer(key.PublicKey)))
            .WithTags("Push").WithSummary("The key with which a browser subscribes to Web Push: 65 bytes in base64url.")
            .Produces<Answer>().Refuses(ErrorCodes.NotFound).WithMetadata(DeviceRated.Metadata);
    }

    internal sealed record Answer(string Key);
}
