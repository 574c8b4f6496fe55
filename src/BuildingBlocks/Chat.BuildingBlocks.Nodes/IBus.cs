namespace Chat.BuildingBlocks.Nodes;

/// <summary>
/// Messages from node to node, in the order of the calls for each receiver. They are hints: what is lost on the way is lost, and the receiver is told that
/// something was (<see cref="INodeObserver.Missed"/>).
/// </summary>
public interface IBus
{
    /// <summary>Sends a message to one node. Never waits. A node that is not live, or for which too much waits, does not get it.</summary>
    /// <param name="to">Not this node.</param>
    /// <param name="topic">The handler's, up to 64 letters, digits, dots and dashes.</param>
    /// <param name="payload">Not changed by anybody from here on.</param>
    void Send(NodeId to, string topic, ReadOnlyMemory<byte> payload);

    /// <summary>Sends a message to each live node but this. Never waits.</summary>
    /// <inheritdoc cref="Send"/>
    void Broadcast(string topic, ReadOnlyMemory<byte> payload);

    /// <summary>
    /// Waits until each live node has processed all that was sent to it before this call, or was told that some of it was lost. One that leaves
    /// meanwhile counts as having done so.
    /// </summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>False where the time was over first, or this node has no lease.</returns>
    Task<bool> AcknowledgedAsync(TimeSpan timeout, CancellationToken ct);
}

/// <summary>Receives the messages of one topic, from all nodes.</summary>
public interface IBusHandler
{
    /// <summary>Up to 64 letters, digits, dots and dashes; one handler each. Messages of a topic without a handler are passed over.</summary>
    string Topic { get; }

    /// <summary>
    /// Takes in a message. One node's messages come one after the other: while one is taken in, those of all topics behind it wait, and those for which
    /// there is no room are lost. So it does not wait for a store. An exception is logged, and the next message comes.
    /// </summary>
    /// <param name="from">Live when the message came.</param>
    /// <param name="payload">May be kept.</param>
    /// <param name="ct">This node, or the other one, is leaving.</param>
    ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct);
}
