namespace Chat.Client;

/// <summary>The state of the connection to the server.</summary>
/// <param name="Status">What it is doing.</param>
/// <param name="CaughtUp">Online: everything that waited on the server has arrived.</param>
/// <param name="RetryAt">Offline: when the next attempt is.</param>
/// <param name="Reason">Signed out: why.</param>
public sealed record ConnectionState(
    ConnectionStatus Status, bool CaughtUp = false, DateTimeOffset? RetryAt = null, SignedOutReason? Reason = null);

/// <summary>The connection's status.</summary>
public enum ConnectionStatus
{
    /// <summary>There is no session.</summary>
    SignedOut,

    /// <summary>A connection is being made.</summary>
    Connecting,

    /// <summary>There is a connection.</summary>
    Online,

    /// <summary>There is none; the client tries again by itself.</summary>
    Offline,

    /// <summary>Another program is this device now, until <see cref="ChatClient.TakeOver"/>.</summary>
    Replaced,
}

/// <summary>Why there is no session.</summary>
public enum SignedOutReason
{
    /// <summary>The user signed out here.</summary>
    SignedOut,

    /// <summary>This device was revoked, or the server voided its tokens.</summary>
    Revoked,

    /// <summary>The session expired.</summary>
    Expired,
}
