namespace Chat.Client;

/// <summary>Where the client stands.</summary>
/// <param name="Status">In a word.</param>
/// <param name="CaughtUp">Online: everything that waited has come.</param>
/// <param name="RetryAt">Offline: when it is tried again.</param>
/// <param name="Reason">Signed out: why.</param>
public sealed record ConnectionState(
    ConnectionStatus Status, bool CaughtUp = false, DateTimeOffset? RetryAt = null, SignedOutReason? Reason = null);

/// <summary>Where the client stands, in a word.</summary>
public enum ConnectionStatus
{
    /// <summary>There is no session.</summary>
    SignedOut,

    /// <summary>A connection is being made.</summary>
    Connecting,

    /// <summary>There is a connection.</summary>
    Online,

    /// <summary>There is none; it is tried again by itself.</summary>
    Offline,

    /// <summary>Another program is this device now. It stays so until <see cref="ChatClient.TakeOver"/>.</summary>
    Replaced,
}

/// <summary>Why there is no session.</summary>
public enum SignedOutReason
{
    /// <summary>The user signed out here.</summary>
    SignedOut,

    /// <summary>This device was revoked, or the server voided its tokens.</summary>
    Revoked,

    /// <summary>The session ran out.</summary>
    Expired,
}
