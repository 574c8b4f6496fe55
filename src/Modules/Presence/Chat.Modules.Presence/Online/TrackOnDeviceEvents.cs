using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Presence.Watching;

namespace Chat.Modules.Presence.Online;

/// <summary>Tracks the connections. Does not wait: announcements are queued.</summary>
internal sealed class TrackOnDeviceEvents(OnlineUsers online, Subscriptions subscriptions)
    : IEventHandler<DeviceConnected>, IEventHandler<DeviceDisconnected>
{
    public Task Handle(DeviceConnected connected, CancellationToken ct)
    {
        online.Connect(connected.Device.User, connected.Connection);
        return Task.CompletedTask;
    }

    public Task Handle(DeviceDisconnected disconnected, CancellationToken ct)
    {
        // In this order: a concurrent subscribe command checks, after it subscribed, whether the connection still exists.
        online.Disconnect(disconnected.Device.User, disconnected.Connection);
        subscriptions.Remove(disconnected.Connection);
        return Task.CompletedTask;
    }
}
