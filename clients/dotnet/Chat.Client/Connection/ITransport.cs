using System.Threading.Channels;

namespace Chat.Client;

/// <summary>One connection to the server. Used once.</summary>
internal interface ITransport : IAsyncDisposable
{
    /// <summary>The server's frames, in order; ends with the connection. The buffer is small: while it is full, no more is read from the server.</summary>
    ChannelReader<ServerFrame> Frames { get; }

    /// <summary>Why it ended; set when <see cref="Frames"/> has ended.</summary>
    ConnectionEnd End { get; }

    /// <exception cref="ChatException">Refused (<c>unauthenticated</c>, <c>unavailable</c>), or the server cannot be reached (<c>network</c>).</exception>
    Task ConnectAsync(Caller caller, CancellationToken ct);

    /// <summary>Sends a frame; returns when it is written. One call at a time. An answer arrives among <see cref="Frames"/>.</summary>
    /// <exception cref="ChatException"><c>network</c>: the connection has ended.</exception>
    Task SendAsync(IClientFrame frame, CancellationToken ct);
}

/// <summary>Why a connection ended.</summary>
/// <param name="Reason">Decides what the client does next.</param>
/// <param name="Text">For the log.</param>
internal sealed record ConnectionEnd(CloseReason Reason, string Text);

internal enum CloseReason
{
    /// <summary>The network, a timeout, the server's shutdown, a limit, a fault: the client connects again.</summary>
    Lost,

    /// <summary>Another connection is this device now.</summary>
    Replaced,

    /// <summary>The token has expired: it is renewed first.</summary>
    TokenExpired,

    /// <summary>The device was revoked, or the password changed: a renewal finds out.</summary>
    Revoked,

    /// <summary>The store cannot be written.</summary>
    Storage,
}
