using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>A live connection of a device, as a transport offers it. Delivery alone writes to it, one batch after the other.</summary>
public interface IClientConnection
{
    /// <summary>The device.</summary>
    DeviceAddress Device { get; }

    /// <summary>Writes events in order. Completes when the transport has accepted them: a slow reader delays this connection only.</summary>
    /// <exception cref="IOException">The connection is broken; it is detached.</exception>
    /// <exception cref="TimeoutException">The client did not read in time; it is detached.</exception>
    /// <remarks>An exception that is neither of these, nor a cancellation, counts as a fault of the server.</remarks>
    ValueTask WriteAsync(IReadOnlyList<ServerEvent> events, CancellationToken ct);

    /// <summary>Ends the connection without waiting. May be called more than once, from any thread.</summary>
    void Close(CloseReason reason);
}

/// <summary>Why the server ends a connection.</summary>
public enum CloseReason
{
    /// <summary>A newer connection of the same device (4000).</summary>
    Replaced,

    /// <summary>The token has expired (4001).</summary>
    TokenExpired,

    /// <summary>The device was revoked (4001).</summary>
    Revoked,

    /// <summary>Over a limit. Nothing is lost: reconnect and sync (4008).</summary>
    OverLimit,

    /// <summary>The server is going away (1001).</summary>
    GoingAway,

    /// <summary>A bug in the server; nothing is lost: reconnect and sync (1011).</summary>
    Fault,
}
