using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Presence.Watching;

/// <summary>Former group mates may not see each other any more.</summary>
internal sealed class DoubtOnMemberRemoved(Subscriptions subscriptions) : IEventHandler<MemberRemoved>
{
    public Task Handle(MemberRemoved removed, CancellationToken ct)
    {
        subscriptions.Doubt(removed.Member);
        return Task.CompletedTask;
    }
}
