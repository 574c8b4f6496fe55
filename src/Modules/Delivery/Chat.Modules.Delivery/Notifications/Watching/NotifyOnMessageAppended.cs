using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>Only notes the conversation: nothing is done for its members before the first look.</summary>
internal sealed class NotifyOnMessageAppended(Watches watches) : IEventHandler<MessageAppended>
{
    public Task Handle(MessageAppended notification, CancellationToken cancellationToken)
    {
        var message = notification.Message;
        if (message.Content.IsChange)
            return Task.CompletedTask;
        watches.Note(message.Conversation, message.SeqNo, message.Sender.User);
        return Task.CompletedTask;
    }
}
