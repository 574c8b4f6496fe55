using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// Pushes messages as they come while the device keeps up with their conversation. If it does not, only the conversation is queued, and read from the log when
/// there is room. Guarded by the connection's gate.
/// </summary>
internal sealed class MessagePusher(DeviceAddress device, Outbox outbox, SendWindow window, Drain drain, Resync resync, DeliveryMetrics metrics)
{
    private bool HasRoom => !window.IsFull && outbox.HasRoomForMessages;

    /// <inheritdoc cref="DeviceConnection.Push"/>
    public void Push(MessageAppended appended, MessageEvent? pushed)
    {
        var message = appended.Message;
        var conversation = window.Get(message.Conversation);
        if (conversation.IsLoaded && message.SeqNo <= conversation.Pushed)
            return;
        conversation.RaiseHead(message.SeqNo);
        if (!conversation.IsLoaded || conversation.IsQueued || conversation.IsDraining || conversation.Pushed < appended.Previous)
            window.QueueToRead(conversation);
        else if (message.Sender == device || !message.Content.IsShown)
            window.Skip(conversation, message);
        else if (resync.IsPending || !HasRoom)
            window.QueueToRead(conversation);
        else
            Push(conversation, message, pushed ?? EventOf(message));
    }

    /// <summary>Pushes what was read from the log above a seqNo, as far as there is room.</summary>
    public void PushRead(ConversationWindow conversation, SeqNo after, IReadOnlyList<LoggedMessage> messages)
    {
        if (!window.Has(conversation))
            return;
        // The window was rolled back during the read, or has not got that far: earlier messages come first.
        if (conversation.Pushed < after || drain.IsDue)
        {
            window.QueueToRead(conversation);
            return;
        }
        foreach (var message in messages)
        {
            if (message.SeqNo <= conversation.Pushed)
                continue;
            if (!message.Content.IsShown || (message.Sender == device && message.SeqNo > conversation.DrainsTo))
            {
                window.Skip(conversation, message);
                continue;
            }
            if (!HasRoom)
            {
                conversation.RaiseHead(message.SeqNo);
                window.QueueToRead(conversation);
                break;
            }
            Push(conversation, message, EventOf(message));
        }
    }

    /// <summary>Sends a message that is already in flight, or of a conversation without a window.</summary>
    public void Send(LoggedMessage message)
    {
        if (message.Content.IsShown)
            outbox.Add(EventOf(message));
    }

    private void Push(ConversationWindow conversation, LoggedMessage message, MessageEvent pushed)
    {
        window.Push(conversation, message);
        outbox.Add(pushed);
        metrics.Pushed();
    }

    private MessageEvent EventOf(LoggedMessage message) => new(message, toSender: message.Sender.User == device.User, hasOneReceiver: true);
}
