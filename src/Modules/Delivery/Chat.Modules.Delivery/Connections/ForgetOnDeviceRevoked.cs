using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;

namespace Chat.Modules.Delivery.Connections;

/// <summary>A revoked device is gone: should it have been its user's only one, the next begins where the user had got to, and nothing that waits is lost.</summary>
internal sealed class ForgetOnDeviceRevoked(Receivers receivers, CursorTable cursors, ICursorStore store) : IEventHandler<DeviceRevoked>
{
    public async Task Handle(DeviceRevoked notification, CancellationToken cancellationToken)
    {
        // Should it be here again already, it has to show its new token once more.
        receivers.Close(notification.Device, CloseReason.Revoked);
        // Saved first, as the user's own cursors are among what has moved.
        await cursors.SaveAsync(notification.Device, cancellationToken);
        cursors.Forget(notification.Device);
        if (!notification.Elsewhere)
            await store.RemoveDeviceAsync(notification.Device, cancellationToken);
    }
}
