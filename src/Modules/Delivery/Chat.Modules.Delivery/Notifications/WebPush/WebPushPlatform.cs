using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Delivery.Notifications.Platforms;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.WebPush;

/// <summary>Browsers' push services and relays (RFC 8030, 8291, 8292).</summary>
internal sealed class WebPushPlatform(
    PlatformKeys keys, PlatformClients clients, IOptions<WebPushOptions> options, IOptions<PlatformOptions> platforms, TimeProvider clock,
    ILogger<WebPushPlatform> log)
    : IPushPlatform, IDisposable
{
    private readonly PlatformClient _client = clients.ForEndpoints(options.Value.MaxConnectionsPerOrigin);
    private readonly VapidHeaders? _vapid = keys.Vapid is { } key ? new VapidHeaders(key, options.Value, clock) : null;

    private readonly KeyedRate<PushKind> _warnings = new(1, TimeSpan.FromHours(1), maxKeys: 1, clock);

    public PushKind Kind => PushKind.WebPush;

    public bool IsConfigured => _vapid is not null;

    public string? FindFault(PushSubscription subscription) =>
        !platforms.Value.AllowPrivateEndpoints && !PublicAddress.MayBe(new Uri(subscription.Address)) ? "endpoint is at an address that is not public."
        : !P256.IsOnCurve(Base64Url.DecodeFromChars(subscription.P256dh)) ? "keys.p256dh is not a point of P-256."
        : null;

    public async Task<PushOutcome> SendAsync(PushSubscription to, PushNotification what, CancellationToken ct)
    {
        if (_vapid is null)
            return new PushOutcome.Misconfigured(PushReason.BadCredentials, 0);
        var endpoint = new Uri(to.Address);
        var payload = MessageEncryption.Encrypt(
            what.ToPayload(MessageEncryption.MaxPayloadBytes), Base64Url.DecodeFromChars(to.P256dh), Base64Url.DecodeFromChars(to.Auth));
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = new ByteArrayContent(payload)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream"), ContentEncoding = { "aes128gcm" } },
            },
        };
        request.Headers.Authorization = _vapid.For(Origin.Of(endpoint));
        request.Headers.Add("TTL", ((long)what.TimeToLive.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Topic", what.CollapseKey);
        request.Headers.Add("Urgency", what.IsWithdrawal ? "normal" : "high");
        return (await _client.SendAsync(request, readsErrors: false, ct)).ToOutcome() switch
        {
            PushOutcome.Misconfigured refused => KeyRefused(refused, endpoint),
            // It is about the delivery to one push resource (RFC 8030 §8.4).
            PushOutcome.Retry { Status: 429 } limited => limited with { OneDevice = true },
            var outcome => outcome,
        };
    }

    public Task<string?> CheckAsync(CancellationToken ct) => Task.FromResult(
        _vapid is null ? "Web Push is off: the servers share no key. Set Push:WebPush:KeyFile to a key that is the same for all servers." : null);

    public void Dispose()
    {
        _vapid?.Dispose();
        _client.Dispose();
    }

    // Any address that a client names can answer so, and does for a subscription that was made with an earlier key: it is no fault of the server's settings for sure.
    private PushOutcome.Retry KeyRefused(PushOutcome.Misconfigured refused, Uri endpoint)
    {
        if (_warnings.Take(Kind) is null)
            log.KeyRefused(Origin.Of(endpoint), refused.Status);
        return new PushOutcome.Retry(PushReason.BadCredentials, null, refused.Status);
    }
}
