using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Delivery.Notifications.Fcm;

/// <summary>Section <c>Push:Fcm</c>: Android, by Firebase Cloud Messaging. Used if <see cref="ServiceAccountFile"/> is set.</summary>
internal sealed class FcmOptions
{
    public const string Google = "https://fcm.googleapis.com";

    /// <summary>Notifications go to <c>{Endpoint}/v1/projects/{project_id}/messages:send</c>. Plain http is taken. Default Google's.</summary>
    [Required] public string Endpoint { get; init; } = Google;

    /// <summary>The service account's key as Google gives it, a JSON file: it names the project, and where access tokens come from. Default none.</summary>
    public string? ServiceAccountFile { get; init; }

    /// <summary>Notifications a second from this server. 1 to 100 000; default 2 000.</summary>
    [Range(1, 100_000)] public int SendsPerSecond { get; init; } = 2_000;

    /// <summary>Notifications on their way at the same time; others wait. 1 to 10 000; default 256.</summary>
    [Range(1, 10_000)] public int MaxRequests { get; init; } = 256;

    /// <summary>Null for a usable address.</summary>
    public static string? FaultOf(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" ? null : "Push:Fcm:Endpoint must be an http or https address.";
}
