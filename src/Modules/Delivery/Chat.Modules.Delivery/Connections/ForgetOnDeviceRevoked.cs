using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Identity.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Closes a revoked device's connection and forgets its cursors. The user's own cursors stay: the user's next first device begins there.</summary>
internal sealed class ForgetOnDeviceRevoked(Receivers receivers, CursorTable cursors, ICursorStore store) : IEventHandler<DeviceRevoked>
{
    public async Task Handle(DeviceRevoked notification, CancellationToken cancellationToken)
    {
        // If the device has connected again already, it must reconnect with its new token.
        receivers.Close(notification.Device, CloseReason.Revoked);
        // Saved first, as the user's own cursors may have moved too.
        await cursors.SaveAsync(notification.Device, cancellationToken);
        cursors.Forget(notification.Device);
        if (!notification.KeepData)
            await store.RemoveDeviceAsync(notification.Device, cancellationToken);
    }
}
