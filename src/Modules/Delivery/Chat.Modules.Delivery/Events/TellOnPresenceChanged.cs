using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Events;

internal sealed class TellOnPresenceChanged(Receivers receivers) : IEventHandler<PresenceChanged>, IEventHandler<TypingChanged>
{
    public Task Handle(PresenceChanged notification, CancellationToken cancellationToken)
    {
        receivers.Tell(notification.Subscribers, new PresenceEvent(notification.State));
        return Task.CompletedTask;
    }

    public Task Handle(TypingChanged notification, CancellationToken cancellationToken)
    {
        var typing = new TypingEvent(notification.Conversation, notification.From.User, notification.Active);
        foreach (var member in notification.Members)
        {
            if (member != notification.From.User)
                receivers.Tell(member, typing);
        }
        return Task.CompletedTask;
    }
}
