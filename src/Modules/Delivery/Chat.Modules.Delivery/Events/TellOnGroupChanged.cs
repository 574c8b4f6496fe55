using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Events;

/// <summary>Tells the connected members of a group what changed about it. In large ones only those whom it is about.</summary>
internal sealed class TellOnGroupChanged(ConnectionTable connections, IMediator mediator, IOptions<DeliveryOptions> options)
    : IEventHandler<GroupCreated>, IEventHandler<TitleChanged>, IEventHandler<MembersAdded>, IEventHandler<MemberRemoved>, IEventHandler<RoleChanged>
{
    public Task Handle(GroupCreated notification, CancellationToken cancellationToken)
    {
        TellEach(notification.Members, new ConversationEvent(notification.Group, ConversationChange.Created, notification.Owner));
        return Task.CompletedTask;
    }

    public Task Handle(TitleChanged notification, CancellationToken cancellationToken) =>
        TellMembersAsync(new ConversationEvent(notification.Group, ConversationChange.TitleChanged, null), cancellationToken);

    public async Task Handle(MembersAdded notification, CancellationToken cancellationToken)
    {
        foreach (var member in notification.Members)
            await TellMembersAsync(new ConversationEvent(notification.Group, ConversationChange.MemberAdded, member), cancellationToken);
    }

    public async Task Handle(MemberRemoved notification, CancellationToken cancellationToken)
    {
        foreach (var device in connections.ConnectionsOf(notification.Member))
            device.Forget(notification.Group);
        var removed = new ConversationEvent(notification.Group, ConversationChange.MemberRemoved, notification.Member);
        TellEach([notification.Member], removed);
        await TellMembersAsync(removed, cancellationToken);
    }

    public Task Handle(RoleChanged notification, CancellationToken cancellationToken) =>
        TellMembersAsync(new ConversationEvent(notification.Group, ConversationChange.RoleChanged, notification.Member), cancellationToken);

    private async Task TellMembersAsync(ConversationEvent change, CancellationToken ct)
    {
        var members = await mediator.Send(new GetMembers(change.Conversation), ct);
        if (members.Count <= options.Value.PushThreshold)
            TellEach(members, change);
        else if (change is { User: { } user, Change: not ConversationChange.MemberRemoved })
            TellEach([user], change);
    }

    private void TellEach(IReadOnlyList<UserId> users, ConversationEvent change)
    {
        foreach (var user in users)
            foreach (var device in connections.ConnectionsOf(user))
                device.Tell(change);
    }
}
