using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Events;

/// <summary>Tells the connected members of a group what changed; in groups above the push threshold only the user concerned.</summary>
internal sealed class TellOnGroupChanged(Receivers receivers, IMediator mediator, IOptions<DeliveryOptions> options)
    : IEventHandler<GroupCreated>, IEventHandler<TitleChanged>, IEventHandler<MembersAdded>, IEventHandler<MemberRemoved>, IEventHandler<RoleChanged>
{
    public Task Handle(GroupCreated notification, CancellationToken cancellationToken)
    {
        receivers.Tell(notification.Members, new ConversationEvent(notification.Group, ConversationChange.Created, notification.Owner));
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
        receivers.Leave(notification.Group, notification.Member);
        var removed = new ConversationEvent(notification.Group, ConversationChange.MemberRemoved, notification.Member);
        receivers.Tell(notification.Member, removed);
        await TellMembersAsync(removed, cancellationToken);
    }

    public Task Handle(RoleChanged notification, CancellationToken cancellationToken) =>
        TellMembersAsync(new ConversationEvent(notification.Group, ConversationChange.RoleChanged, notification.Member), cancellationToken);

    private async Task TellMembersAsync(ConversationEvent change, CancellationToken ct)
    {
        var members = await mediator.Send(new GetMembers(change.Conversation), ct);
        if (members.Count <= options.Value.PushThreshold)
            receivers.Tell(members, change);
        else if (change is { User: { } user, Change: not ConversationChange.MemberRemoved })
            receivers.Tell(user, change);
    }
}
