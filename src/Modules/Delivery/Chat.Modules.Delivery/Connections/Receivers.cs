using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// The only way to send something to users' connected devices. No other class looks up connections.
/// </summary>
/// <remarks>No call waits for a device: it only adds to the connections' queues. What absent devices must get is in the log.</remarks>
internal sealed class Receivers(ConnectionTable connections)
{
    /// <summary>Whether the user has a connected device.</summary>
    public bool IsConnected(UserId user) => connections.Of(user).Length > 0;

    /// <summary>Whether the device's user has another device connected.</summary>
    public bool HasOtherDevices(DeviceAddress device)
    {
        foreach (var connection in connections.Of(device.User))
        {
            if (connection.Device != device)
                return true;
        }
        return false;
    }

    /// <summary>Pushes a message to the members' devices. May be called in any order and more than once.</summary>
    public void Push(MessageAppended appended, IReadOnlyList<UserId> members)
    {
        var message = appended.Message;
        MessageEvent? toOthers = null;
        for (var i = 0; i < members.Count; i++)
        {
            var devices = connections.Of(members[i]);
            var isSender = members[i] == message.Sender.User;
            var pushed = isSender ? null : toOthers;
            foreach (var device in devices)
            {
                // The sending device has its ack.
                if (!isSender || device.Device != message.Sender)
                    pushed ??= new MessageEvent(message, isSender, hasOneReceiver: members.Count == 2 && devices.Length == 1);
                device.Push(appended, pushed);
            }
            if (!isSender)
                toOthers = pushed;
        }
    }

    /// <summary>Lets the members' devices read the conversation's log, up to <paramref name="head"/>.</summary>
    public void Advance(ConversationId conversation, SeqNo head, IReadOnlyList<UserId> members)
    {
        foreach (var member in members)
            foreach (var device in connections.Of(member))
                device.Advance(conversation, head);
    }

    /// <summary>Tells the users' connected devices; absent ones are not told later.</summary>
    public void Tell(IReadOnlyList<UserId> users, ServerEvent item)
    {
        foreach (var user in users)
            Tell(user, item);
    }

    /// <inheritdoc cref="Tell(IReadOnlyList{UserId}, ServerEvent)"/>
    public void Tell(UserId user, ServerEvent item)
    {
        foreach (var device in connections.Of(user))
            device.Tell(item);
    }

    /// <summary>Tells these connections; a connection that has been replaced is not told.</summary>
    public void Tell(IReadOnlyList<Subscriber> subscribers, ServerEvent item)
    {
        foreach (var (device, id) in subscribers)
        {
            if (connections.Find(device) is { } connection && connection.Id == id)
                connection.Tell(item);
        }
    }

    /// <summary>Tells the other devices of a device's user.</summary>
    public void TellOtherDevices(DeviceAddress device, ServerEvent item)
    {
        foreach (var connection in connections.Of(device.User))
        {
            if (connection.Device != device)
                connection.Tell(item);
        }
    }

    /// <summary>The users joined the conversation: their devices get the messages appended since.</summary>
    public void Join(ConversationId conversation, IReadOnlyList<UserId> users)
    {
        foreach (var user in users)
            foreach (var device in connections.Of(user))
                device.Join(conversation);
    }

    /// <summary>The user is no longer a member: nothing more of the conversation is sent to its devices.</summary>
    public void Leave(ConversationId conversation, UserId user)
    {
        foreach (var device in connections.Of(user))
            device.Leave(conversation);
    }

    /// <summary>Closes the device's connection, if there is one.</summary>
    public void Close(DeviceAddress device, CloseReason reason) => connections.Find(device)?.Close(reason);

    /// <summary>Lets each connection send messages again that were not acked in time.</summary>
    public void ResendOverdue()
    {
        foreach (var connection in connections.All())
            connection.ResendOverdue();
    }

    /// <inheritdoc cref="DeviceConnection.Ack"/>
    public AckOutcome Ack(DeviceAddress device, ConversationId conversation, SeqNo seqNo, SeqNo? head, List<InFlightMessage> acked) =>
        connections.Find(device)?.Ack(conversation, seqNo, head, acked) ?? AckOutcome.NotTracked;

    /// <inheritdoc cref="DeviceConnection.Release"/>
    public void Release(DeviceAddress device, ConversationId conversation) => connections.Find(device)?.Release(conversation);
}
