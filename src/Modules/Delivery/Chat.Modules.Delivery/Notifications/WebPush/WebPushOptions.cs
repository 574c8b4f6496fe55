using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Delivery.Notifications.WebPush;

/// <summary>Section <c>Push:WebPush</c>: browsers, and relays that speak Web Push.</summary>
internal sealed class WebPushOptions
{
    /// <summary>
    /// How the operators of push services reach this server's: <c>mailto:</c> or <c>https:</c> (RFC 8292 §2.1). Apple refuses notifications without a real one.
    /// </summary>
    [Required] public string Subject { get; init; } = "mailto:operator@localhost";

    /// <summary>
    /// The key by which push services know this server: a PEM file with an EC P-256 private key, the same for all servers. With another key browsers must
    /// subscribe again. Default none: a key that is derived from the one that signs tokens.
    /// </summary>
    public string? KeyFile { get; init; }

    /// <summary>Notifications a second from this server. 1 to 100 000; default 2 000.</summary>
    [Range(1, 100_000)] public int SendsPerSecond { get; init; } = 2_000;

    /// <summary>Connections to one origin. 1 to 1 000; default 16.</summary>
    [Range(1, 1_000)] public int MaxConnectionsPerOrigin { get; init; } = 16;

    /// <summary>Notifications on their way to one origin; others wait. 1 to 10 000; default 128.</summary>
    [Range(1, 10_000)] public int MaxRequestsPerOrigin { get; init; } = 128;

    /// <summary>
    /// Notifications on their way to all origins together that have not answered one yet, or not the last one; others wait. So addresses that never answer hold up
    /// nobody else. 1 to 10 000; default 16.
    /// </summary>
    [Range(1, 10_000)] public int MaxRequestsToUnproven { get; init; } = 16;

    /// <summary>Origins that are remembered, at about 200 bytes each; when full, those that did not answer the last notification are forgotten. 16 to 1 000 000; default 10 000.</summary>
    [Range(16, 1_000_000)] public int MaxOrigins { get; init; } = 10_000;

    /// <summary>Null for a usable subject.</summary>
    public static string? FaultOf(string subject) =>
        Uri.TryCreate(subject, UriKind.Absolute, out var uri) && uri.Scheme is "mailto" or "https"
            ? null
            : "Push:WebPush:Subject must be a mailto: or https: address.";
}
