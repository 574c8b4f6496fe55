using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Identity.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

/// <summary>Says where a device gets its push notifications, in place of what it said before. Which properties there must be hangs on the kind.</summary>
/// <remarks>Refusals: <c>bad_request</c>, <c>rate_limited</c>, <c>unauthenticated</c> for a device that was revoked meanwhile.</remarks>
internal sealed record PutSubscription(
    DeviceAddress From, PushKind? Kind, string? Address, string? P256dh, string? Auth, string? Topic, bool Sandbox, PushContent? Content)
    : ICommand<Done>, IRateLimited
{
    RateClass IRateLimited.Rate => RateClass.Other;

    // The default would contain the address and the keys.
    public override string ToString() => $"{nameof(PutSubscription)} {From} {Kind}";
}

/// <summary>A device wants no push notifications any more. Without a subscription nothing happens.</summary>
/// <remarks>Refusals: <c>rate_limited</c>.</remarks>
internal sealed record RemoveSubscription(DeviceAddress From) : ICommand<Done>, IRateLimited
{
    RateClass IRateLimited.Rate => RateClass.Other;
}

internal sealed class PutSubscriptionHandler(UserSubscriptions subscriptions, IEnumerable<IPushPlatform> platforms, IMediator mediator, TimeProvider clock)
    : ICommandHandler<PutSubscription, Done>
{
    public async Task<Result<Done>> Handle(PutSubscription command, CancellationToken ct)
    {
        var subscription = new PushSubscription(
            command.From, command.Kind!.Value, command.Address!, command.P256dh, command.Auth, command.Topic, command.Sandbox,
            command.Content ?? PushContent.None, clock.GetUtcNow(), Guid.CreateVersion7(clock.GetUtcNow()));
        if (platforms.FirstOrDefault(platform => platform.Kind == subscription.Kind) is not { IsConfigured: true } platform)
            return Error.BadRequest("This server has no keys for notifications of that kind.");
        if (platform.FindFault(subscription) is { } fault)
            return Error.BadRequest(fault);
        return await TryPutAsync(subscription) ? default(Done) : IdentityErrors.BadToken;
    }

    // The device may be revoked on another node at this moment. Asked after the write: either the revocation is seen here, or it is later than the write, and ends the
    // subscription. Not cancelled with the request: what may be written must be asked for.
    private async Task<bool> TryPutAsync(PushSubscription subscription)
    {
        var isUsers = false;
        try
        {
            await subscriptions.PutAsync(subscription, CancellationToken.None);
            var devices = await mediator.Send(new GetDevices(subscription.Device.User), CancellationToken.None);
            return isUsers = devices.Any(device => device.Id == subscription.Device.Device);
        }
        finally
        {
            if (!isUsers)
                await subscriptions.RemoveAsync(subscription.Device, subscription.Id, CancellationToken.None);
        }
    }
}

internal sealed class RemoveSubscriptionHandler(UserSubscriptions subscriptions) : ICommandHandler<RemoveSubscription, Done>
{
    public async Task<Result<Done>> Handle(RemoveSubscription command, CancellationToken ct)
    {
        await subscriptions.RemoveAsync(command.From, null, ct);
        return default(Done);
    }
}
