using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Identity.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Closes a revoked device's connection and deletes its cursors. The user's own cursors stay: the user's next only device starts there.</summary>
internal sealed class ForgetOnDeviceRevoked(Receivers receivers, CursorTable cursors, ICursorStore store) : IEventHandler<DeviceRevoked>
{
    public async Task Handle(DeviceRevoked notification, CancellationToken cancellationToken)
    {
        // If the device has already connected again, it must reconnect with its new token.
        receivers.Close(notification.Device, CloseReason.Revoked);
        // Saved first, since the user's own cursors may have moved too.
        await cursors.SaveAsync(notification.Device, cancellationToken);
        cursors.Forget(notification.Device);
        if (!notification.KeepData)
            await store.RemoveDeviceAsync(notification.Device, cancellationToken);
    }
}
