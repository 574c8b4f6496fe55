using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// Pushes messages, and changes of them, as they come while the device keeps up with their conversation. If it does not, only the conversation is queued, and read from the log when
/// there is room. Guarded by the connection's gate.
/// </summary>
internal sealed class MessagePusher(DeviceAddress device, SendQueue sendQueue, SendWindow window, Drain drain, Resync resync, DeliveryMetrics metrics)
{
    /// <inheritdoc cref="DeviceConnection.Push"/>
    public void Push(MessageAppended appended, EntryEvent? pushed)
    {
        var message = appended.Message;
        var conversation = window.Get(message.Conversation);
        if (conversation.IsLoaded && message.SeqNo <= conversation.Pushed)
            return;
        conversation.RaiseHead(message.SeqNo);
        if (!conversation.IsLoaded || conversation.IsQueued || conversation.IsDraining || conversation.Pushed < appended.Previous)
            window.QueueToRead(conversation);
        else if (message.IsSentBy(device) || !IsShown(message))
            window.Skip(conversation, message);
        else if (resync.IsPending || !HasRoomFor(message))
            window.QueueToRead(conversation);
        else
            Push(conversation, message, pushed ?? EventOf(message));
    }

    /// <summary>Pushes what was read from the log, as far as there is room.</summary>
    public void PushRead(ConversationWindow conversation, MemberRead read)
    {
        if (!window.Has(conversation))
            return;
        // The window was rolled back during the read, or has not got that far: earlier messages come first.
        if (conversation.Pushed < read.After || drain.IsDue)
        {
            window.QueueToRead(conversation);
            return;
        }
        foreach (var message in read.Messages)
        {
            if (message.SeqNo <= conversation.Pushed)
                continue;
            if (!IsShown(message) || (message.IsSentBy(device) && message.SeqNo > conversation.DrainsTo) || conversation.SendsInState(message))
            {
                window.Skip(conversation, message);
                continue;
            }
            if (!HasRoomFor(message))
            {
                conversation.RaiseHead(message.SeqNo);
                window.QueueToRead(conversation);
                break;
            }
            Push(conversation, message, EventOf(message, read));
        }
    }

    /// <summary>Sends what is already in flight, or is of a conversation without a window.</summary>
    public void Send(LoggedMessage message, MemberRead read)
    {
        if (IsShown(message))
            sendQueue.Add(EventOf(message, read));
    }

    private static bool IsShown(LoggedMessage message) => message.IsShown || message.Content.IsChange;

    // Changes do not count in the window.
    private bool HasRoomFor(LoggedMessage message) => (message.Content.IsChange || !window.IsFull) && sendQueue.HasRoomForMessages;

    private void Push(ConversationWindow conversation, LoggedMessage message, EntryEvent pushed)
    {
        if (message.Content.IsChange)
            window.PushChange(conversation, message);
        else
            window.Push(conversation, message);
        sendQueue.Add(pushed);
        metrics.Pushed();
    }

    private EntryEvent EventOf(LoggedMessage message) => EntryEvent.Of(message, toSender: message.Sender.User == device.User, hasOneReceiver: true);

    private EntryEvent EventOf(LoggedMessage message, MemberRead read) =>
        message.IsShown && read.Mine.TryGetValue(message.SeqNo, out var mine)
            ? new MessageEvent(message, toSender: message.Sender.User == device.User, hasOneReceiver: true) { Mine = mine }
            : EventOf(message);
}
