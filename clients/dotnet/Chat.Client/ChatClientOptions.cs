using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Client;

/// <summary>What a client is opened with.</summary>
public sealed class ChatClientOptions
{
    /// <summary>The server's address, http or https.</summary>
    public required Uri Url { get; init; }

    /// <summary>Through which door; <see cref="ChatTransport.SignalR"/> unless told.</summary>
    public ChatTransport Transport { get; init; } = ChatTransport.SignalR;

    /// <summary>Where everything is kept; memory unless told. The client opens and closes it.</summary>
    public IChatStore Store { get; init; } = new MemoryStore();

    /// <summary>Where the events are raised, such as a window's thread; on some thread of the pool unless told.</summary>
    public SynchronizationContext? EventContext { get; init; }

    /// <summary>Sends the HTTP requests, and opens the connections; the system's own unless told. Not disposed of.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>For a few notes; never a text, never a token.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Instead of the doors; for tests.</summary>
    internal Func<ITransport>? Transports { get; init; }

    /// <summary>Chooses the pauses.</summary>
    internal Random Random { get; init; } = Random.Shared;
}

/// <summary>
/// The server's live doors; one meaning behind both. Where WebSockets are blocked, either goes on to the hub's server-sent events, and where
/// those are held back to its long polling.
/// </summary>
public enum ChatTransport
{
    /// <summary>The hub, by a WebSocket.</summary>
    SignalR,

    /// <summary>The plain WebSocket.</summary>
    WebSocket,
}
