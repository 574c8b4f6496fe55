using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Events;

internal sealed class TellOnPresenceChanged(ConnectionTable connections) : IEventHandler<PresenceChanged>, IEventHandler<TypingChanged>
{
    public Task Handle(PresenceChanged notification, CancellationToken cancellationToken)
    {
        var presence = new PresenceEvent(notification.State);
        foreach (var (device, connection) in notification.Subscribers)
        {
            if (connections.Find(device) is { } live && live.Id == connection)
                live.Tell(presence);
        }
        return Task.CompletedTask;
    }

    public Task Handle(TypingChanged notification, CancellationToken cancellationToken)
    {
        var typing = new TypingEvent(notification.Conversation, notification.From.User, notification.Active);
        foreach (var member in notification.Members)
        {
            foreach (var device in connections.ConnectionsOf(member))
            {
                if (device.Device.User != notification.From.User)
                    device.Tell(typing);
            }
        }
        return Task.CompletedTask;
    }
}
