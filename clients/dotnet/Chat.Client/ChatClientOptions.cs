using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Client;

/// <summary>The settings of a client.</summary>
public sealed class ChatClientOptions
{
    /// <summary>The server's address, http or https.</summary>
    public required Uri Url { get; init; }

    /// <summary>Default <see cref="ChatTransport.SignalR"/>.</summary>
    public ChatTransport Transport { get; init; } = ChatTransport.SignalR;

    /// <summary>Where everything is kept; default in memory. The client opens and closes it.</summary>
    public IChatStore Store { get; init; } = new MemoryStore();

    /// <summary>
    /// How much of the files that were read is remembered, in bytes: whole files up to 8 MiB and thumbnails, at most 500; what was used longest ago goes first. 0 for
    /// nothing; default 48 MiB.
    /// </summary>
    public long MediaCacheBytes { get; init; } = 48 * 1024 * 1024;

    /// <summary>Where events are raised, such as a window's thread; default on a thread of the pool.</summary>
    public SynchronizationContext? EventContext { get; init; }

    /// <summary>Sends the HTTP requests and opens the connections; default the system's own. Not disposed of.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Never gets a text or a token.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Replaces the transports in tests.</summary>
    internal Func<ITransport>? Transports { get; init; }

    /// <summary>For the pauses between attempts.</summary>
    internal Random Random { get; init; } = Random.Shared;
}

/// <summary>
/// How the client connects. Where WebSockets are blocked, either falls back to the hub's server-sent events, and where those are buffered to its long
/// polling.
/// </summary>
public enum ChatTransport
{
    /// <summary>The hub, over a WebSocket.</summary>
    SignalR,

    /// <summary>The plain WebSocket.</summary>
    WebSocket,
}
