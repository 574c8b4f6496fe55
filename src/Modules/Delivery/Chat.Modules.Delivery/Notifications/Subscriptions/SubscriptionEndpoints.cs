using Chat.BuildingBlocks.Http;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

/// <summary><c>/v1/push</c>: where the calling device gets its push notifications.</summary>
internal static class SubscriptionEndpoints
{
    public static void MapPushSubscriptions(this IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/push", async (Body body, Caller caller, IMediator mediator, CancellationToken ct) =>
                (await mediator.Send(body.ToCommand(caller), ct)).Match(_ => Results.NoContent(), HttpErrors.ToProblem))
            .WithTags("Push").WithSummary("Subscribes the calling device to push notifications, in place of its earlier subscription.")
            .Produces(StatusCodes.Status204NoContent);
        routes.MapDelete("/v1/push", async (Caller caller, IMediator mediator, CancellationToken ct) =>
                (await mediator.Send(new RemoveSubscription(caller.Device), ct)).Match(_ => Results.NoContent(), HttpErrors.ToProblem))
            .WithTags("Push").WithSummary("Ends the calling device's subscription.")
            .Produces(StatusCodes.Status204NoContent);
    }

    // Every property is optional here; the validator says what is required.
    internal sealed record Body(
        string? Kind = null, string? Endpoint = null, Keys? Keys = null, string? Token = null, string? Topic = null, bool? Sandbox = null, string? Content = null)
    {
        public PutSubscription ToCommand(Caller caller)
        {
            PushKind? kind = Kind switch
            {
                "webpush" => PushKind.WebPush,
                "fcm" => PushKind.Fcm,
                "apns" => PushKind.Apns,
                _ => null,
            };
            var content = Content switch
            {
                null or "none" => PushContent.None,
                "sender" => PushContent.Sender,
                "full" => PushContent.Full,
                _ => (PushContent)(-1),
            };
            var isWebPush = kind is PushKind.WebPush;
            var isApns = kind is PushKind.Apns;
            return new PutSubscription(
                caller.Device, kind, isWebPush ? Endpoint : Token, isWebPush ? Keys?.P256dh : null, isWebPush ? Keys?.Auth : null, isApns ? Topic : null,
                isApns && Sandbox is true, content);
        }

        // The default would contain the address and the keys.
        public override string ToString() => nameof(Body);
    }

    internal sealed record Keys(string? P256dh = null, string? Auth = null)
    {
        public override string ToString() => nameof(Keys);
    }
}
