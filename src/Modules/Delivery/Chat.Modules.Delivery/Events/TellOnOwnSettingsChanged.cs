using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Events;

/// <summary>Tells all of a user's connected devices, the one that made the change too.</summary>
internal sealed class TellOnOwnSettingsChanged(Receivers receivers) : IEventHandler<OwnSettingsChanged>
{
    public Task Handle(OwnSettingsChanged notification, CancellationToken cancellationToken)
    {
        receivers.Tell(notification.User, new OwnSettingsEvent(notification.Conversation, notification.Change));
        return Task.CompletedTask;
    }
}
