using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Delivery.Events;

/// <summary>
/// A new member starts at the head that was read before the change. Messages appended in between were fanned out without that member: its devices read
/// them from the log after the change.
/// </summary>
internal sealed class JoinOnMembersAdded(Receivers receivers) : IEventHandler<MembersAdded>, IEventHandler<MembershipsFoundChanged>
{
    public Task Handle(MembersAdded notification, CancellationToken cancellationToken)
    {
        receivers.Join(notification.Group, notification.Members);
        return Task.CompletedTask;
    }

    public Task Handle(MembershipsFoundChanged notification, CancellationToken cancellationToken)
    {
        // Each node finds them by itself.
        receivers.JoinHere(notification.Group, notification.Users);
        return Task.CompletedTask;
    }
}
