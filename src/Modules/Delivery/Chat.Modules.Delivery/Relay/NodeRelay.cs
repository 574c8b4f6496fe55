using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Relay;

/// <summary>
/// Sends messages for users who are connected to other nodes: one message to each node that may have one of the users. It never waits, and a message may be lost: then the other
/// node reads again what its devices may have missed (<see cref="Redrains"/>).
/// </summary>
internal sealed class NodeRelay(IBus bus, UserNodes nodes, IContentCodec contents)
{
    /// <summary>The topic of this module's messages between nodes.</summary>
    public const string Topic = "delivery";

    // For more users, several messages are sent.
    private const int MaxUsers = 4_096;

    /// <summary>Whether there are other nodes. If not, no other method need be called.</summary>
    public bool HasOthers => nodes.HasOthers;

    /// <summary>Whether the user may be connected to another node.</summary>
    public bool MayReach(UserId user) => nodes.MayReach(user);

    /// <inheritdoc cref="UserNodes.MayReachAsync"/>
    public ValueTask<bool> MayReachAsync(DeviceAddress device) => nodes.MayReachAsync(device);

    public void Push(MessageAppended appended, IReadOnlyList<UserId> members)
    {
        if (nodes.NodesOf(members) is { Count: > 0 } to)
            Send(to, RelayWriter.Push(appended, contents));
    }

    public void Advance(ConversationId conversation, SeqNo head, IReadOnlyList<UserId> members) => Advance(nodes.NodesOf(members), conversation, head);

    /// <summary>For a conversation with so many members that not each is looked up.</summary>
    public void TellAdvanced(ConversationId conversation, SeqNo head)
    {
        var writer = RelayWriter.Begin(RelayKind.Advance);
        writer.Write(conversation);
        writer.Write(head.Value);
        bus.Broadcast(Topic, writer.Written);
    }

    public void Tell(IReadOnlyList<UserId> users, ServerEvent item)
    {
        foreach (var some in users.Count <= MaxUsers ? [users] : users.Chunk(MaxUsers).ToArray<IReadOnlyList<UserId>>())
        {
            if (nodes.NodesOf(some) is not { Count: > 0 } to)
                continue;
            var writer = RelayWriter.Begin(RelayKind.Tell);
            writer.Write(some);
            if (writer.TryWrite(item))
                Send(to, writer.Written);
        }
    }

    public void TellOtherDevices(DeviceAddress device, ServerEvent item)
    {
        if (nodes.NodesOf([device.User]) is not { Count: > 0 } to)
            return;
        var writer = RelayWriter.Begin(RelayKind.TellOtherDevices);
        writer.Write(device);
        if (writer.TryWrite(item))
            Send(to, writer.Written);
    }

    public void Join(ConversationId conversation, IReadOnlyList<UserId> users)
    {
        if (nodes.NodesOf(users) is not { Count: > 0 } to)
            return;
        var writer = RelayWriter.Begin(RelayKind.Join);
        writer.Write(conversation);
        writer.Write(users);
        Send(to, writer.Written);
    }

    public void Leave(ConversationId conversation, UserId user)
    {
        if (nodes.NodesOf([user]) is not { Count: > 0 } to)
            return;
        var writer = RelayWriter.Begin(RelayKind.Leave);
        writer.Write(conversation);
        writer.Write(user);
        Send(to, writer.Written);
    }

    public void Close(DeviceAddress device, CloseReason reason)
    {
        if (nodes.NodesOf([device.User]) is not { Count: > 0 } to)
            return;
        var writer = RelayWriter.Begin(RelayKind.Close);
        writer.Write(device);
        writer.Write((byte)reason);
        Send(to, writer.Written);
    }

    private void Advance(IReadOnlyList<NodeId> to, ConversationId conversation, SeqNo head)
    {
        if (to.Count == 0)
            return;
        var writer = RelayWriter.Begin(RelayKind.Advance);
        writer.Write(conversation);
        writer.Write(head.Value);
        Send(to, writer.Written);
    }

    private void Send(IReadOnlyList<NodeId> to, ReadOnlyMemory<byte> message)
    {
        foreach (var node in to)
            bus.Send(node, Topic, message);
    }
}
