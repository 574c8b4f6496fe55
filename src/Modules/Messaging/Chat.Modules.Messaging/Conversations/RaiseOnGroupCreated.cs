using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Conversations;

/// <summary>A group stands in the list from its making, by the clock: what is written later stands above it, also where the clock goes back.</summary>
internal sealed class RaiseOnGroupCreated(ActivityClock activity, TimeProvider clock) : IEventHandler<GroupCreated>
{
    public Task Handle(GroupCreated created, CancellationToken ct)
    {
        activity.Observe(Activity.At(clock.GetUtcNow()));
        return Task.CompletedTask;
    }
}
