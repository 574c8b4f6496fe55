using Chat.Modules.Identity.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

/// <summary>
/// Whether a subscription's device is still its user's. A device that was revoked while it subscribed has a subscription if the store died before that could be removed: nothing is sent to it.
/// It is asked once for each subscription after it was written: a later revocation ends the subscription itself.
/// </summary>
internal sealed class SubscribedDevices(IMediator mediator, IOptions<PushOptions> options)
{
    private readonly Lock _gate = new();

    // Ids of subscriptions that were asked for, under _gate: when the newer half is full the older one is forgotten.
    private HashSet<Guid> _recent = [];
    private HashSet<Guid> _older = [];

    public async ValueTask<bool> IsUsersAsync(PushSubscription subscription, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_recent.Contains(subscription.Id) || _older.Contains(subscription.Id))
                return true;
        }
        var devices = await mediator.Send(new GetDevices(subscription.Device.User), ct);
        if (!devices.Any(device => device.Id == subscription.Device.Device))
            return false;
        lock (_gate)
        {
            if (_recent.Count >= options.Value.MaxCachedUsers / 2)
                (_older, _recent) = (_recent, []);
            _recent.Add(subscription.Id);
        }
        return true;
    }
}
