using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Presence.Watching;

/// <summary>Former members of a group may not see each other any more.</summary>
internal sealed class RecheckOnMemberRemoved(Subscriptions subscriptions) : IEventHandler<MemberRemoved>, IEventHandler<MembershipsFoundChanged>
{
    public Task Handle(MemberRemoved removed, CancellationToken ct)
    {
        subscriptions.RecheckAfterRemoval(removed.Member);
        return Task.CompletedTask;
    }

    public Task Handle(MembershipsFoundChanged found, CancellationToken ct)
    {
        foreach (var user in found.Users)
            subscriptions.RecheckAfterRemoval(user);
        return Task.CompletedTask;
    }
}
