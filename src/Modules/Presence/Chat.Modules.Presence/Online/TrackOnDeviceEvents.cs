using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Presence.Watching;

namespace Chat.Modules.Presence.Online;

/// <summary>Keeps count of the connections. Never waits: what there is to announce is queued.</summary>
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
        // In this order: a subscribe command that is still under way looks, after it has subscribed, whether the connection is here.
        online.Disconnect(disconnected.Device.User, disconnected.Connection);
        subscriptions.Remove(disconnected.Connection);
        return Task.CompletedTask;
    }
}
