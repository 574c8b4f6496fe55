using System.ComponentModel.DataAnnotations;

namespace Chat.Host.Transports;

/// <summary>Section <c>Transports</c>: what the live transports, <c>/ws</c> and <c>/hub</c>, take and how long they wait.</summary>
internal sealed class TransportsOptions
{
    /// <summary>Bytes in the largest frame; a larger one is <c>too_large</c>. 32 768 to 1 048 576, so that the largest text fits; default 65 536.</summary>
    [Range(32_768, 1_048_576)] public int MaxFrameBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes from which a frame is not read to its end: the connection is closed (1009). 65 536 to 16 777 216; default 1 048 576.</summary>
    [Range(65_536, 16_777_216)] public int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Commands of one connection that have no answer yet; while there are so many no more is read from it. On the hub fewer, where so many of the
    /// largest frame are more than <see cref="MaxCommandBytesInFlight"/>. 1 to 4 096; default 64.
    /// </summary>
    [Range(1, 4_096)] public int MaxCommandsInFlight { get; init; } = 64;

    /// <summary>
    /// Bytes of the frames of these commands together; a larger frame is taken when no other is there. 32 768 to 16 777 216; default 524 288: eight of the largest frame.
    /// </summary>
    [Range(32_768, 16_777_216)] public int MaxCommandBytesInFlight { get; init; } = 512 * 1024;

    /// <summary>
    /// The server looks so often whether something has come from a connection since the last time, and pings it if not; in milliseconds. So it is silent for at most
    /// two of these pauses. On the hub it pings after <see cref="LongestHubKeepAlive"/> at the latest. 1 000 to 300 000; default 25 000: proxies end a connection
    /// that is silent for a minute (nginx, AWS), mobile networks one that is for more than four.
    /// </summary>
    [Range(1_000, 300_000)] public int KeepAliveMs { get; init; } = 25_000;

    /// <summary>SignalR's clients end a connection from which nothing comes for 30 s, unless they are set otherwise.</summary>
    public static TimeSpan LongestHubKeepAlive { get; } = TimeSpan.FromSeconds(15);

    public TimeSpan KeepAlive => TimeSpan.FromMilliseconds(KeepAliveMs);

    /// <summary>
    /// A connection is closed when nothing comes from it for this long after a ping, or when it neither answers pings nor acks for twice as long; in milliseconds.
    /// On the hub a client also has so long from its negotiation to its connection, from there to its handshake, and from one poll to the next. 1 000 to 600 000; default 30 000.
    /// </summary>
    [Range(1_000, 600_000)] public int KeepAliveTimeoutMs { get; init; } = 30_000;

    public TimeSpan KeepAliveTimeout => TimeSpan.FromMilliseconds(KeepAliveTimeoutMs);

    /// <summary>A write that the client does not take for this long ends the connection (4008); in milliseconds. 1 000 to 600 000; default 30 000.</summary>
    [Range(1_000, 600_000)] public int WriteTimeoutMs { get; init; } = 30_000;

    public TimeSpan WriteTimeout => TimeSpan.FromMilliseconds(WriteTimeoutMs);

    /// <summary>How long a connection that is being closed waits for the client to close its side, in milliseconds. 100 to 60 000; default 3 000.</summary>
    [Range(100, 60_000)] public int CloseTimeoutMs { get; init; } = 3_000;

    public TimeSpan CloseTimeout => TimeSpan.FromMilliseconds(CloseTimeoutMs);

    /// <summary>
    /// Frames a second on one connection, whatever they are: commands and acks, also those that move nothing, fragments, a hub's calls. Ten seconds'
    /// worth may come at once; beyond it they are <c>rate_limited</c>, and as many of those, less the rate for the time since, end the connection
    /// (4008). Off with <c>RateLimits:Enabled</c>. 10 to 1 000 000; default 1 000.
    /// </summary>
    [Range(10, 1_000_000)] public int FramesPerSecond { get; init; } = 1_000;

    /// <summary>
    /// The same for frames that no client needs many of: pings, pongs, <c>auth</c>, refused acks, unknown methods of the hub, and what is no good
    /// frame. 1 to 10 000; default 10.
    /// </summary>
    [Range(1, 10_000)] public int UncountedFramesPerSecond { get; init; } = 10;
}
