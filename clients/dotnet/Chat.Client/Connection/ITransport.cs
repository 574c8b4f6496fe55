using System.Threading.Channels;

namespace Chat.Client;

/// <summary>One connection, through one of the server's doors. Used once.</summary>
internal interface ITransport : IAsyncDisposable
{
    /// <summary>What the server says, in order; ends with the connection. Little is held: who does not read holds the server back.</summary>
    ChannelReader<ServerFrame> Frames { get; }

    /// <summary>Why it ended; good when <see cref="Frames"/> has ended.</summary>
    LinkEnd End { get; }

    /// <exception cref="ChatException">It was refused (<c>unauthenticated</c>, <c>unavailable</c>), or there is no server (<c>network</c>).</exception>
    Task ConnectAsync(string accessToken, CancellationToken ct);

    /// <summary>Says something; returns when it is written. Called by one at a time. An answer comes among the frames.</summary>
    /// <exception cref="ChatException"><c>network</c>: the connection is gone.</exception>
    Task SendAsync(IClientFrame frame, CancellationToken ct);
}

/// <summary>Why a connection ended.</summary>
/// <param name="Reason">What follows from it.</param>
/// <param name="Text">For the log.</param>
internal sealed record LinkEnd(LinkEndReason Reason, string Text);

internal enum LinkEndReason
{
    /// <summary>Cut, timed out, over a limit, the server going away: to be made again.</summary>
    Lost,

    /// <summary>Another connection is this device now.</summary>
    Replaced,

    /// <summary>The token has expired: to be renewed first.</summary>
    TokenExpired,

    /// <summary>The session was voided, it seems: a renewal will tell.</summary>
    NotAuthenticated,

    /// <summary>The store cannot take what comes.</summary>
    Storage,
}
