using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>Section <c>Push</c>: how the platforms are reached.</summary>
internal sealed class PlatformOptions
{
    /// <summary>
    /// Whether a Web Push endpoint may be at a loopback, private or link-local address: for tests, and for relays of one's own. Default false.
    /// </summary>
    public bool AllowPrivateEndpoints { get; init; }

    /// <summary>
    /// An HTTP proxy for all platforms, <c>http://[user:password@]host:port</c>. It connects to Web Push endpoints itself, so it has to refuse private addresses.
    /// Default none.
    /// </summary>
    public string? Proxy { get; init; }

    /// <summary>How long a platform may take to answer, in milliseconds, connecting included. 500 to 60 000; default 10 000.</summary>
    [Range(500, 60_000)] public int RequestTimeoutMs { get; init; } = 10_000;

    /// <summary>The longest <c>Retry-After</c> of a platform that is honoured, in seconds; a longer one counts as this. 1 to 86 400; default 3 600.</summary>
    [Range(1, 86_400)] public int MaxRetryAfterSeconds { get; init; } = 3_600;

    /// <summary>
    /// Failures of a platform (of Web Push: of an origin), one after the other, after which it is left alone for <see cref="BreakMs"/>. 1 to 1 000; default 5.
    /// </summary>
    [Range(1, 1_000)] public int BreakAfterFailures { get; init; } = 5;

    /// <summary>
    /// How long a failing platform is left alone, in milliseconds; then one notification tries it. The pause doubles each time. 100 to 600 000; default 2 000.
    /// </summary>
    [Range(100, 600_000)] public int BreakMs { get; init; } = 2_000;

    /// <summary>The longest of these pauses, in milliseconds. 100 to 3 600 000; default 60 000.</summary>
    [Range(100, 3_600_000)] public int BreakAtMostMs { get; init; } = 60_000;

    public TimeSpan RequestTimeout => TimeSpan.FromMilliseconds(RequestTimeoutMs);

    public TimeSpan MaxRetryAfter => TimeSpan.FromSeconds(MaxRetryAfterSeconds);

    /// <summary>Null for a usable proxy, or none.</summary>
    public static string? FaultOf(string? proxy) =>
        string.IsNullOrWhiteSpace(proxy) || (Uri.TryCreate(proxy, UriKind.Absolute, out var address) && address.Scheme == "http")
            ? null
            : "Push:Proxy must be the address of an HTTP proxy: http://host:port.";
}
