using System.ComponentModel.DataAnnotations;

namespace Chat.Host.Transports;

/// <summary>Section <c>Transports</c>: what the live transports, <c>/ws</c> and <c>/hub</c>, take and how long they wait.</summary>
internal sealed class TransportsOptions
{
    /// <summary>Bytes in the largest frame; a larger one is <c>too_large</c>. 32 768 to 1 048 576, so that the largest text fits; default 65 536.</summary>
    [Range(32_768, 1_048_576)] public int MaxFrameBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes after which a frame is not even read through, and the connection ends (1009). 65 536 to 16 777 216; default 1 048 576.</summary>
    [Range(65_536, 16_777_216)] public int MaxMessageBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Commands of one connection that have no answer yet; while there are so many no more is read from it. On the hub fewer, where so many of the
    /// largest frame are more than <see cref="MaxCommandBytesInFlight"/>. 1 to 4 096; default 64.
    /// </summary>
    [Range(1, 4_096)] public int MaxCommandsInFlight { get; init; } = 64;

    /// <summary>
    /// Bytes of their frames together; a larger frame is taken where it is alone. 32 768 to 16 777 216; default 524 288: eight of the largest frame.
    /// </summary>
    [Range(32_768, 16_777_216)] public int MaxCommandBytesInFlight { get; init; } = 512 * 1024;

    /// <summary>The server pings a silent connection after this pause. 1 s to 5 min; default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")] public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A connection from which nothing comes for this long is dead, and one that for twice as long neither answers a ping nor acks. 1 s to 10 min;
    /// default 30 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")] public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A write that the client does not take for this long ends the connection (4008). 1 s to 10 min; default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")] public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection that is being closed waits for the client's side of it. 100 ms to 1 min; default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")] public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(3);

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
