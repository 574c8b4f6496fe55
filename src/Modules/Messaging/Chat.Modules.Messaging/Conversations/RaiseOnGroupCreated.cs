using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>A new group is ordered in the list by its creation time: later messages are above it, even if the clock goes back.</summary>
internal sealed class RaiseOnGroupCreated(ActivityClock activity, TimeProvider clock) : IEventHandler<GroupCreated>
{
    public Task Handle(GroupCreated created, CancellationToken ct)
    {
        activity.Observe(Activity.At(clock.GetUtcNow()));
        return Task.CompletedTask;
    }
}
