using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Delivery.Events;

/// <summary>
/// A new member begins at the head read before the change. What was appended in between was fanned out without that member: once the change
/// is in force its devices read the log.
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
        receivers.Join(notification.Group, notification.Users);
        return Task.CompletedTask;
    }
}
