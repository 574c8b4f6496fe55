using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Delivery.Events;

/// <summary>
/// A new member begins at the head of before the change. What was appended between the two was fanned out without the member: its devices
/// look into the log once the change is in force.
/// </summary>
internal sealed class LookOnMembersAdded(ConnectionTable connections) : IEventHandler<MembersAdded>, IEventHandler<MembershipsFoundChanged>
{
    public Task Handle(MembersAdded notification, CancellationToken cancellationToken) => LookAsync(notification.Group, notification.Members);

    public Task Handle(MembershipsFoundChanged notification, CancellationToken cancellationToken) => LookAsync(notification.Group, notification.Users);

    private Task LookAsync(ConversationId group, IReadOnlyList<UserId> users)
    {
        foreach (var user in users)
            foreach (var device in connections.ConnectionsOf(user))
                device.Look(group);
        return Task.CompletedTask;
    }
}
