using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http;

/// <summary>Section <c>Http</c>: HTTP limits and proxies.</summary>
internal sealed class HttpOptions
{
    /// <summary>
    /// Proxies, as addresses or networks (<c>10.0.0.0/8</c>), whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are trusted. Default none.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>
    /// The path of the server as seen from outside, such as <c>/chat</c>, if a proxy forwards it unchanged. Requests from which a proxy removed it are served as
    /// well. Begins with <c>/</c> and does not end with it. Default none.
    /// </summary>
    public string PathBase { get; init; } = "";

    /// <summary>The largest request body in bytes, unless a call has its own limit. 64 KiB to 16 MiB; default 1 MiB.</summary>
    [Range(65_536, 16_777_216)] public int MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>How long a client may take to send a request's head, and the first head from when it connected, in milliseconds. 1 000 to 120 000; default 15 000.</summary>
    [Range(1_000, 120_000)] public int HeadTimeoutMs { get; init; } = 15_000;

    public TimeSpan HeadTimeout => TimeSpan.FromMilliseconds(HeadTimeoutMs);

    /// <summary>
    /// The most connections that have not sent a request's head yet, and at most a quarter of all connections; a further one closes the oldest. 16 to
    /// 100 000; default 4 096.
    /// </summary>
    [Range(16, 100_000)] public int MaxSilentConnections { get; init; } = 4_096;

    /// <summary>How long a client may take for its first head while more than half of <see cref="MaxSilentConnections"/> wait, in milliseconds. 1 000 to 60 000; default 3 000.</summary>
    [Range(1_000, 60_000)] public int CrowdedHeadTimeoutMs { get; init; } = 3_000;

    public TimeSpan CrowdedHeadTimeout => TimeSpan.FromMilliseconds(CrowdedHeadTimeoutMs);

    /// <summary>
    /// How many of the open files and sockets that the system allows are not for clients: the program's own files (400 when idle), logs, outgoing connections. An
    /// eighth of the limit is for the stores in addition. 64 to 65 536; default 512.
    /// </summary>
    [Range(64, 65_536)] public int ReservedOpenFiles { get; init; } = 512;

    /// <summary>The most concurrent calls under <c>/v1</c> of one device; more are <c>rate_limited</c>. 1 to 10 000; default 32.</summary>
    [Range(1, 10_000)] public int MaxRequestsPerDevice { get; init; } = 32;

    /// <summary>
    /// The most concurrent calls under <c>/v1</c> of all devices; more are <c>unavailable</c>. Calls without a token have a separate limit of the same number. One
    /// user's devices together have an eighth of it, or <see cref="MaxRequestsPerDevice"/> if that is more; more are <c>rate_limited</c>. 1 to 100 000;
    /// default 512.
    /// </summary>
    [Range(1, 100_000)] public int MaxRequests { get; init; } = 512;

    /// <summary>
    /// The most files on their way to and from one user at the same time, over all devices and signed addresses; more are <c>rate_limited</c>. They do not count as
    /// calls under <c>/v1</c>. A browser may ask for 100 thumbnails at once. 1 to 10 000; default 128.
    /// </summary>
    [Range(1, 10_000)] public int MaxTransfersPerUser { get; init; } = 128;

    /// <summary>The most files on their way to and from all users at the same time; more are <c>unavailable</c>. 1 to 100 000; default 1 024.</summary>
    [Range(1, 100_000)] public int MaxTransfers { get; init; } = 1_024;

    /// <summary>
    /// A client that sends a body, or reads an answer, slower than this after 5 s is disconnected; in bytes a second. Not for
    /// <c>/ws</c> and <c>/hub</c>, which have <c>Transports:WriteTimeoutMs</c>, but for the bodies sent to <c>/hub</c>. 240 to 1 048 576; default 4 096.
    /// </summary>
    [Range(240, 1_048_576)] public int MinBytesPerSecond { get; init; } = 4096;

    public IEnumerable<IPNetwork> ProxyNetworks() => TrustedProxies.Select(proxy => ParseProxy(proxy)!.Value);

    public static IPNetwork? ParseProxy(string proxy)
    {
        if (IPAddress.TryParse(proxy, out var address))
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return IPNetwork.TryParse(proxy, out var network) ? network : null;
    }
}

internal sealed partial class HttpOptionsValidator : IValidateOptions<HttpOptions>
{
    public ValidateOptionsResult Validate(string? name, HttpOptions options)
    {
        if (options.TrustedProxies.FirstOrDefault(proxy => HttpOptions.ParseProxy(proxy) is null) is { } bad)
            return ValidateOptionsResult.Fail($"Http:TrustedProxies: '{bad}' is neither an address nor a network.");
        return PathBase().IsMatch(options.PathBase)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"Http:PathBase: '{options.PathBase}' is not a path such as /chat: it begins with a slash and ends without.");
    }

    [GeneratedRegex(@"^(/[A-Za-z0-9._~-]+)*\z")]
    private static partial Regex PathBase();
}
