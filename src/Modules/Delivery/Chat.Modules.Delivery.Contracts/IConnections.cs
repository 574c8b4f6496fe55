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
    /// Accepts a connection, and replaces the device's older one. Sends <paramref name="welcome"/>, then the messages that the device has not acked, then
    /// <see cref="CaughtUpEvent"/>. Messages appended meanwhile follow in order.
    /// </summary>
    /// <returns>Null where the node is leaving or full, or the user has too many devices connected: refuse the connection.</returns>
    IAttachedConnection? Attach(IClientConnection connection, ServerEvent welcome);

    /// <summary>
    /// The node shuts down: it accepts no more connections, tells clients to reconnect at times spread over <c>Delivery:LeaveMs</c>, and closes each connection
    /// at its time. Completes when all are closed. A second call returns the same task.
    /// </summary>
    Task LeaveAsync();
}

/// <summary>An accepted connection. Its transport disposes of it when the socket has ended.</summary>
public interface IAttachedConnection : IDisposable
{
    /// <summary>Its id on this node.</summary>
    ConnectionId Id { get; }

    /// <summary>Writes the answer to a command of the client, in order with the events. Never dropped: waits while too many answers are queued.</summary>
    /// <param name="moreFollow">Whether more answers are likely to follow at once: then they share one write.</param>
    ValueTask ReplyAsync(ServerEvent answer, bool moreFollow, CancellationToken ct);

    /// <summary>
    /// Handles <c>lastSeenSeqNo</c>: sends the messages above it, at most <c>Delivery:RepairPage</c>, before anything else. If more are missing, the connection
    /// resyncs. Does nothing if the user is not a member.
    /// </summary>
    ValueTask RepairAsync(ConversationId conversation, SeqNo lastSeen, CancellationToken ct);
}
