using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>Accepts the connections of the transports.</summary>
public interface IConnections
{
    /// <summary>The default of <c>Delivery:MaxConnections</c>.</summary>
    const int DefaultLimit = 100_000;

    /// <summary>False while the node is leaving or full: a transport refuses before it upgrades. <see cref="Attach"/> has the last word.</summary>
    bool IsAccepting { get; }

    /// <summary>
    /// Accepts a connection: replaces the device's older one, sends <paramref name="welcome"/>, then what the device has not acked, then
    /// <see cref="CaughtUpEvent"/>; what is appended meanwhile follows in order.
    /// </summary>
    /// <returns>Null where the node is leaving or full, or the user has too many devices connected: refuse the connection.</returns>
    IAttachedConnection? Attach(IClientConnection connection, ServerEvent welcome);

    /// <summary>
    /// The node leaves: accepts no more connections, tells the clients to reconnect at times spread over the drain, and closes each connection at
    /// its time. Completes when all are closed. Calling it again returns the same task.
    /// </summary>
    Task LeaveAsync();
}

/// <summary>An accepted connection. Its transport disposes of it when the socket has ended.</summary>
public interface IAttachedConnection : IDisposable
{
    /// <summary>Its name on this node.</summary>
    ConnectionId Id { get; }

    /// <summary>Writes an answer to the client's own command, in order with the events. Never dropped: waits while too many answers wait.</summary>
    /// <param name="moreFollow">Whether others are likely to follow at once: then they leave in one write.</param>
    ValueTask ReplyAsync(ServerEvent answer, bool moreFollow, CancellationToken ct);

    /// <summary>
    /// The client says what it has seen of a conversation: sends what is missing above it before anything else, at most a page; where that
    /// is not enough, the connection is told to resync. Passes over a conversation that is not the user's.
    /// </summary>
    ValueTask RepairAsync(ConversationId conversation, SeqNo lastSeen, CancellationToken ct);
}
