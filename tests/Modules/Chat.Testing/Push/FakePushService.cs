using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Chat.Testing.Push;

/// <summary>A push service of a browser: RFC 8030 with VAPID (RFC 8292), and the receivers' decryption.</summary>
public sealed partial class FakePushService : FakePlatform
{
    private readonly ConcurrentDictionary<string, PushReceiver> _receivers = new();
    private int _made;

    private FakePushService(TestAuthority authority, TimeProvider clock) : base(authority, HttpProtocols.Http1AndHttp2, clock)
    {
    }

    /// <summary>The key that the subscriptions are for, as <c>GET /v1/push/key</c> answers it; null: any.</summary>
    public string? ApplicationServerKey { get; set; }

    public static async Task<FakePushService> StartAsync(TestAuthority authority, TimeProvider? clock = null)
    {
        var service = new FakePushService(authority, clock ?? TimeProvider.System);
        await service.ListenAsync();
        return service;
    }

    /// <summary>A browser subscribes.</summary>
    public PushReceiver NewReceiver()
    {
        var path = $"/push/{Interlocked.Increment(ref _made)}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        return _receivers[path] = new PushReceiver(Origin + path);
    }

    private protected override Verdict Judge(PlatformRequest request)
    {
        if (!_receivers.TryGetValue(request.Path, out var receiver))
            return new Verdict(404);
        if (FaultOf(request) is var (status, fault))
            return new Verdict(status, Wrong: fault);
        if (receiver.IsGone)
            return new Verdict(410);
        try
        {
            var payload = JsonSerializer.Deserialize<JsonElement>(receiver.Decrypt(request.Body));
            return new Verdict(201, Taken: new Received(receiver.Endpoint, payload, request.Headers, TimeProvider.System.GetUtcNow()));
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            // A real one cannot know; the browser would drop it.
            return new Verdict(400, Wrong: $"It cannot be decrypted by its receiver: {e.Message}");
        }
    }

    private (int Status, string Fault)? FaultOf(PlatformRequest request) =>
        request.Method != "POST" ? (405, "Not POST.")
        : FaultOfVapid(request) is { } fault ? (403, fault)
        : request.Number("ttl") is null ? (400, "No TTL in seconds.")
        : request.Header("topic") is { } topic && !Topic().IsMatch(topic) ? (400, "Topic has more than 32 characters, or others than base64url's.")
        : request.Header("urgency") is not (null or "very-low" or "low" or "normal" or "high") ? (400, "Unknown Urgency.")
        : request.Header("content-encoding") != "aes128gcm" ? (415, "Content-Encoding is not aes128gcm.")
        : request.Body.Length > 4_096 ? (413, "More than 4,096 bytes.")
        : null;

    private string? FaultOfVapid(PlatformRequest request)
    {
        if (request.Authorization("vapid") is not { } value || Parameters().Match(value) is not { Success: true } found)
            return "No Authorization: vapid t=…, k=….";
        var (text, key) = (found.Groups["t"].Value, found.Groups["k"].Value);
        if (ApplicationServerKey is { } expected && key != expected)
            return "The subscription is for another key.";
        if (Jwt.Read(text) is not { } token)
            return "t is no token.";
        var point = Base64Url.DecodeFromChars(key);
        using var signer = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33], Y = point[33..] } });
        var now = Clock.GetUtcNow().ToUnixTimeSeconds();
        return !token.IsSignedBy(signer) ? "The token is not signed by k."
            : token.Text("aud") != Origin ? $"aud is not {Origin}."
            : token.Number("exp") is not { } expires || expires <= now ? "The token has expired."
            : expires > now + 24 * 60 * 60 ? "exp is more than 24 hours ahead."
            : token.Text("sub") is not { } sub || !(sub.StartsWith("mailto:", StringComparison.Ordinal) || sub.StartsWith("https:", StringComparison.Ordinal))
                ? "sub is neither mailto: nor https:."
                : null;
    }

    [GeneratedRegex("^t=(?<t>[^, ]+), ?k=(?<k>[A-Za-z0-9_-]{87})$")]
    private static partial Regex Parameters();

    [GeneratedRegex("^[A-Za-z0-9_-]{1,32}$")]
    private static partial Regex Topic();
}
