using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>Only notes the conversation, or that a message of it was deleted: nothing is done for its members before the first look.</summary>
internal sealed class NotifyOnMessageAppended(Watches watches) : IEventHandler<MessageAppended>
{
    public Task Handle(MessageAppended notification, CancellationToken cancellationToken)
    {
        var message = notification.Message;
        if (message.Content is { Kind: MessageKind.Delete, Change.Target.SeqNo: var deleted })
            watches.NoteDeleted(message.Conversation, deleted);
        else if (!message.Content.IsChange)
            watches.Note(message.Conversation, message.SeqNo, message.Sender.User);
        return Task.CompletedTask;
    }
}
