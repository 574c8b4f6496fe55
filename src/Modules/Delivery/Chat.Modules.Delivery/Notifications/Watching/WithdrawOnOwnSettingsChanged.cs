using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>What a user has cleared is not shown by its devices any longer.</summary>
internal sealed class WithdrawOnOwnSettingsChanged(Withdrawals withdrawals) : IEventHandler<OwnSettingsChanged>
{
    public Task Handle(OwnSettingsChanged notification, CancellationToken cancellationToken)
    {
        if (notification.Change.ClearedUpTo is { } clearedUpTo)
            withdrawals.Cleared(notification.User, notification.Conversation, clearedUpTo);
        return Task.CompletedTask;
    }
}
