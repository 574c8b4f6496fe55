using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Delivery.Notifications.Apns;

/// <summary>Section <c>Push:Apns</c>: Apple's devices. Used if <see cref="KeyFile"/>, <see cref="KeyId"/> and <see cref="TeamId"/> are set.</summary>
internal sealed class ApnsOptions
{
    public const string Production = "https://api.push.apple.com", Sandbox = "https://api.sandbox.push.apple.com";

    /// <summary>Notifications go to <c>{Endpoint}/3/device/{token}</c>, https alone. Default Apple's two, by the subscription's <c>sandbox</c>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The key for token authentication as Apple gives it, a <c>.p8</c> file. Default none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The id of that key, 10 characters. Default none.</summary>
    public string? KeyId { get; init; }

    /// <summary>The id of the developer team, 10 characters. Default none.</summary>
    public string? TeamId { get; init; }

    /// <summary>Notifications a second from this server. 1 to 100 000; default 2 000.</summary>
    [Range(1, 100_000)] public int SendsPerSecond { get; init; } = 2_000;

    /// <summary>Notifications on their way at the same time; others wait. 1 to 10 000; default 256.</summary>
    [Range(1, 10_000)] public int MaxRequests { get; init; } = 256;

    public bool IsSet => !string.IsNullOrWhiteSpace(KeyFile);

    public string EndpointFor(bool sandbox) => string.IsNullOrWhiteSpace(Endpoint) ? sandbox ? Sandbox : Production : Endpoint.TrimEnd('/');

    /// <summary>Null for usable settings.</summary>
    public string? Fault() =>
        IsSet && (string.IsNullOrWhiteSpace(KeyId) || string.IsNullOrWhiteSpace(TeamId)) ? "Push:Apns:KeyId and Push:Apns:TeamId must be set with Push:Apns:KeyFile."
        : !string.IsNullOrWhiteSpace(Endpoint) && (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var address) || address.Scheme != "https")
            ? "Push:Apns:Endpoint must be an https address."
            : null;
}
