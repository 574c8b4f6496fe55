using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Chat.Modules.Delivery.Notifications.Platforms;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Apns;

/// <summary>Apple's Push Notification service: one HTTP/2 connection with many streams, token authentication.</summary>
internal sealed class ApnsPlatform(PlatformKeys keys, PlatformClients clients, IOptions<ApnsOptions> options, TimeProvider clock) : IPushPlatform, IDisposable
{
    private readonly PlatformClient _client = clients.ForPlatform();

    public PushKind Kind => PushKind.Apns;

    public bool IsConfigured => keys.Apns is not null;

    public string? FindFault(PushSubscription subscription) => null;

    public async Task<PushOutcome> SendAsync(PushSubscription to, PushNotification what, CancellationToken ct)
    {
        if (keys.Apns is not { } key)
            return new PushOutcome.Misconfigured(PushReason.BadCredentials, 0);
        using var request = Request(HttpMethod.Post, to.Sandbox, to.Address, key);
        request.Content = new ByteArrayContent(ApnsMessage.Write(what)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        request.Headers.Add("apns-id", Guid.CreateVersion7(clock.GetUtcNow()).ToString());
        request.Headers.Add("apns-topic", to.Topic);
        request.Headers.Add("apns-push-type", what.IsWithdrawal ? "background" : "alert");
        // Apple takes no other priority for what is not shown.
        request.Headers.Add("apns-priority", what.IsWithdrawal ? "5" : "10");
        request.Headers.Add("apns-expiration", (clock.GetUtcNow() + what.TimeToLive).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("apns-collapse-id", what.CollapseKey);
        return OutcomeOf(await _client.SendAsync(request, readsErrors: true, ct));
    }

    /// <summary>Asks for nothing, with the token: an answer that is about the token tells of a wrong key.</summary>
    public async Task<string?> CheckAsync(CancellationToken ct)
    {
        if (keys.Apns is not { } key)
            return null;
        using var request = Request(HttpMethod.Get, sandbox: false, "", key);
        var answer = await _client.SendAsync(request, readsErrors: true, ct);
        return answer switch
        {
            { Fault: { } fault } => $"APNs at {options.Value.EndpointFor(sandbox: false)} does not answer ({fault}).",
            { Status: 401 or 403 } => $"APNs refuses the key of Push:Apns ({ReasonOf(answer)}): KeyFile, KeyId and TeamId must belong together.",
            _ => null,
        };
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Request(HttpMethod method, bool sandbox, string token, ApnsKey key)
    {
        var request = new HttpRequestMessage(method, $"{options.Value.EndpointFor(sandbox)}/3/device/{token}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("bearer", key.Token());
        return request;
    }

    private static PushOutcome OutcomeOf(PlatformAnswer answer) => (answer.Status, ReasonOf(answer)) switch
    {
        (400, "BadDeviceToken" or "DeviceTokenNotForTopic") => new PushOutcome.Gone(PushReason.Gone, answer.Status),
        // Apple's other reason for 429 is that the provider's token changes too often.
        (429, "TooManyRequests") => new PushOutcome.Retry(PushReason.RateLimited, answer.RetryAfter, answer.Status, OneDevice: true),
        // A path or method that Apple does not know is no answer about the device.
        (404 or 405, _) => new PushOutcome.Refused(PushReason.Refused, answer.Status),
        _ => answer.ToOutcome(),
    };

    // Apple's word, such as "BadDeviceToken"; empty if there is none.
    private static string ReasonOf(PlatformAnswer answer)
    {
        try
        {
            using var body = JsonDocument.Parse(answer.Body);
            return body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String
                ? new string([.. reason.GetString()!.Where(char.IsAsciiLetter).Take(64)])
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
