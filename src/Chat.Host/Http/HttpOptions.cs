using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http;

/// <summary>Section <c>Http</c>: the server's edge.</summary>
internal sealed class HttpOptions
{
    /// <summary>
    /// Proxies, as addresses or networks (<c>10.0.0.0/8</c>), whose <c>X-Forwarded-For</c> and <c>-Proto</c> are believed. Default none.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>
    /// The path below which the server is seen from outside, such as <c>/chat</c>, where a proxy passes it on as it came; what a proxy has cut
    /// off is served all the same. Begins with <c>/</c> and ends without. Default none.
    /// </summary>
    public string PathBase { get; init; } = "";

    /// <summary>The largest request body, in bytes, where a call has no limit of its own. 64 KiB to 16 MiB; default 1 MiB.</summary>
    [Range(65_536, 16_777_216)] public int MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>How long a client may take for a request's head. 1 s to 2 minutes; default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")] public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(15);

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
