using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>A notification that shows a message which has expired is withdrawn, or replaced, as that of a deleted one.</summary>
internal sealed class WithdrawOnMessagesExpired(Watches watches) : IEventHandler<MessagesExpired>
{
    public Task Handle(MessagesExpired notification, CancellationToken cancellationToken)
    {
        watches.NoteDeleted(notification.Conversation, notification.Lowest);
        return Task.CompletedTask;
    }
}
