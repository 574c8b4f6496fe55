using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Relay;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// The only way to send something to users' connected devices, on this node and on others. No other class looks up connections. Methods that end in
/// <c>Here</c> are for the connections of this node.
/// </summary>
/// <remarks>No call waits for a device: it only adds to the connections' queues. What absent devices must get is in the log.</remarks>
internal sealed class Receivers(ConnectionTable connections, NodeRelay relay)
{
    /// <summary>Whether the user may have a connected device; false only if there is none.</summary>
    public bool IsConnected(UserId user) => IsHere(user) || relay.MayReach(user);

    /// <summary>Whether the user has a connection to this node.</summary>
    public bool IsHere(UserId user) => connections.Of(user).Length > 0;

    /// <summary>Whether the device may have a live connection, to any node; false only if it has none.</summary>
    public ValueTask<bool> MayBeConnectedAsync(DeviceAddress device) =>
        connections.Find(device) is not null ? ValueTask.FromResult(true) : relay.MayReachAsync(device);

    /// <summary>The connections of this node.</summary>
    public IEnumerable<DeviceConnection> All() => connections.All();

    /// <summary>Whether the device's user may have another device connected.</summary>
    public bool HasOtherDevices(DeviceAddress device)
    {
        foreach (var connection in connections.Of(device.User))
        {
            if (connection.Device != device)
                return true;
        }
        return relay.MayReach(device.User);
    }

    /// <summary>Pushes a message, or a change of one, to the members' devices. May be called in any order and more than once.</summary>
    /// <param name="notShown">Members to whom it is a hole; null for none.</param>
    public void Push(MessageAppended appended, IReadOnlyList<UserId> members, IReadOnlyCollection<UserId>? notShown = null)
    {
        PushHere(appended, members, notShown);
        if (relay.HasOthers)
            relay.Push(appended, members);
    }

    /// <inheritdoc cref="Push"/>
    public void PushHere(MessageAppended appended, IReadOnlyList<UserId> members, IReadOnlyCollection<UserId>? notShown = null)
    {
        var message = appended.Message;
        EntryEvent? toOthers = null;
        for (var i = 0; i < members.Count; i++)
        {
            var devices = connections.Of(members[i]);
            if (notShown is { Count: > 0 } && devices.Length > 0 && notShown.Contains(members[i]))
            {
                foreach (var device in devices)
                    device.Pass(appended);
                continue;
            }
            var isSender = members[i] == message.Sender.User;
            var pushed = isSender ? null : toOthers;
            foreach (var device in devices)
            {
                // The sending device has its ack.
                if (!isSender || !message.IsSentBy(device.Device))
                    pushed ??= EntryEvent.Of(message, isSender, hasOneReceiver: members.Count == 2 && devices.Length == 1);
                device.Push(appended, pushed);
            }
            if (!isSender)
                toOthers = pushed;
        }
    }

    /// <summary>Lets the members' devices read the conversation's log, up to <paramref name="head"/>.</summary>
    public void Advance(ConversationId conversation, SeqNo head, IReadOnlyList<UserId> members)
    {
        AdvanceHere(conversation, head, members);
        if (relay.HasOthers)
            relay.Advance(conversation, head, members);
    }

    /// <inheritdoc cref="Advance"/>
    public void AdvanceHere(ConversationId conversation, SeqNo head, IReadOnlyList<UserId> members)
    {
        foreach (var member in members)
            foreach (var device in connections.Of(member))
                device.Advance(conversation, head);
    }

    /// <summary>Tells the members of a large conversation that it has messages up to <paramref name="head"/>.</summary>
    public void TellAdvanced(ConversationId conversation, SeqNo head, IReadOnlyList<UserId> members)
    {
        TellHere(members, new AdvancedEvent(conversation, head));
        if (relay.HasOthers)
            relay.TellAdvanced(conversation, head);
    }

    /// <summary>Tells the users' connected devices; absent ones are not told later.</summary>
    public void Tell(IReadOnlyList<UserId> users, ServerEvent item)
    {
        TellHere(users, item);
        if (relay.HasOthers)
            relay.Tell(users, item);
    }

    /// <inheritdoc cref="Tell(IReadOnlyList{UserId}, ServerEvent)"/>
    public void Tell(UserId user, ServerEvent item)
    {
        TellHere(user, item);
        if (relay.HasOthers)
            relay.Tell([user], item);
    }

    /// <inheritdoc cref="Tell(IReadOnlyList{UserId}, ServerEvent)"/>
    public void TellHere(IReadOnlyList<UserId> users, ServerEvent item)
    {
        foreach (var user in users)
            TellHere(user, item);
    }

    /// <summary>Tells these connections, all of this node; a connection that has been replaced is not told.</summary>
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
        TellOtherDevicesHere(device, item);
        if (relay.HasOthers)
            relay.TellOtherDevices(device, item);
    }

    /// <inheritdoc cref="TellOtherDevices"/>
    public void TellOtherDevicesHere(DeviceAddress device, ServerEvent item)
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
        JoinHere(conversation, users);
        if (relay.HasOthers)
            relay.Join(conversation, users);
    }

    /// <inheritdoc cref="Join"/>
    public void JoinHere(ConversationId conversation, IReadOnlyList<UserId> users)
    {
        foreach (var user in users)
            foreach (var device in connections.Of(user))
                device.Join(conversation);
    }

    /// <summary>The user is no longer a member: nothing more of the conversation is sent to its devices.</summary>
    public void Leave(ConversationId conversation, UserId user)
    {
        LeaveHere(conversation, user);
        if (relay.HasOthers)
            relay.Leave(conversation, user);
    }

    /// <inheritdoc cref="Leave"/>
    public void LeaveHere(ConversationId conversation, UserId user)
    {
        foreach (var device in connections.Of(user))
            device.Leave(conversation);
    }

    /// <summary>Closes the device's connection, if there is one.</summary>
    public void Close(DeviceAddress device, CloseReason reason)
    {
        CloseHere(device, reason);
        if (relay.HasOthers)
            relay.Close(device, reason);
    }

    /// <inheritdoc cref="Close"/>
    public void CloseHere(DeviceAddress device, CloseReason reason) => connections.Find(device)?.Close(reason);

    /// <summary>The device has connected to another node: its older connection here is closed.</summary>
    public void Replace(DeviceAddress device, long order)
    {
        // One that has no order yet becomes the newer one.
        if (connections.Find(device) is { Order: not 0 } connection && connection.Order < order)
            connection.Close(CloseReason.Replaced);
    }

    /// <inheritdoc cref="DeviceConnection.Ack"/>
    public AckOutcome Ack(DeviceAddress device, ConversationId conversation, SeqNo seqNo, SeqNo? head, List<InFlightMessage> acked) =>
        connections.Find(device)?.Ack(conversation, seqNo, head, acked) ?? AckOutcome.NotTracked;

    /// <inheritdoc cref="DeviceConnection.Release"/>
    public void Release(DeviceAddress device, ConversationId conversation) => connections.Find(device)?.Release(conversation);

    private void TellHere(UserId user, ServerEvent item)
    {
        foreach (var device in connections.Of(user))
            device.Tell(item);
    }
}
