using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Identity.Contracts;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

/// <summary>A device that was revoked, or has signed out, gets no more notifications.</summary>
internal sealed class EndSubscriptionOnDeviceRevoked(UserSubscriptions subscriptions, INotifiedStore notified) : IEventHandler<DeviceRevoked>, IEventHandler<DeviceSignedOut>
{
    public async Task Handle(DeviceRevoked notification, CancellationToken cancellationToken)
    {
        if (notification.KeepData)
            return;
        await subscriptions.RemoveAsync(notification.Device, null, cancellationToken);
        await notified.RemoveAsync(notification.Device, cancellationToken);
    }

    public Task Handle(DeviceSignedOut notification, CancellationToken cancellationToken) =>
        subscriptions.RemoveAsync(notification.Device, null, cancellationToken);
}
