using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Chat.Testing.Push;

/// <summary>Apple's service: HTTP/2 alone, tokens by ES256, headers and payload as its documentation has them.</summary>
public sealed partial class FakeApns : FakePlatform
{
    private readonly ConcurrentDictionary<string, bool> _devices = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Lock _gate = new();

    // Under _gate.
    private readonly Dictionary<string, long> _newestTokens = [];
    private int _tokens;

    private FakeApns(TestAuthority authority, TimeProvider clock) : base(authority, HttpProtocols.Http2, clock)
    {
    }

    public const string KeyId = "ABC123DEFG";

    public const string TeamId = "DEF123GHIJ";

    public const string Topic = "org.example.chat";

    /// <summary>Different tokens for authentication that came.</summary>
    public int Tokens
    {
        get
        {
            lock (_gate)
                return _tokens;
        }
    }

    public static async Task<FakeApns> StartAsync(TestAuthority authority, TimeProvider? clock = null)
    {
        var apns = new FakeApns(authority, clock ?? TimeProvider.System);
        await apns.ListenAsync();
        return apns;
    }

    /// <summary>The key as Apple gives it to a developer.</summary>
    public string WriteKeyTo(string folder)
    {
        var path = Path.Combine(folder, $"AuthKey_{KeyId}.p8");
        File.WriteAllText(path, _key.ExportPkcs8PrivateKeyPem());
        return path;
    }

    /// <summary>A phone registers.</summary>
    public string NewDevice()
    {
        var token = RandomNumberGenerator.GetHexString(64, lowercase: true);
        _devices[token] = true;
        return token;
    }

    /// <summary>The app is removed from it: what comes is answered 410.</summary>
    public void Remove(string device) => _devices[device] = false;

    private protected override bool IsNotification(PlatformRequest request) => request.Method == "POST";

    private protected override Verdict Judge(PlatformRequest request)
    {
        if (FaultOfToken(request) is var (status, reason))
            return Refuse(status, reason);
        if (request.Method != "POST")
            return new Verdict(405, Reason("MethodNotAllowed"));
        if (DevicePath().Match(request.Path) is not { Success: true } path)
            return Refuse(404, "BadPath");
        if (FaultOf(request) is { } fault)
            return Refuse(fault == "PayloadTooLarge" ? 413 : 400, fault);
        var device = path.Groups["token"].Value;
        return !_devices.TryGetValue(device, out var isThere) ? new Verdict(400, Reason("BadDeviceToken"))
            : !isThere ? new Verdict(410, $$"""{"reason":"Unregistered","timestamp":{{Clock.GetUtcNow().ToUnixTimeMilliseconds()}}}""")
            : new Verdict(
                200, Taken: new Received(device, JsonSerializer.Deserialize<JsonElement>(request.Body), request.Headers, TimeProvider.System.GetUtcNow()));
    }

    private (int Status, string Reason)? FaultOfToken(PlatformRequest request)
    {
        if (request.Protocol != "HTTP/2")
            return (505, "NotHttp2");
        if (request.Authorization("bearer") is not { } text)
            return (403, "MissingProviderToken");
        if (Jwt.Read(text) is not { } token || token.HeaderText("kid") != KeyId || token.Text("iss") != TeamId || !token.IsSignedBy(_key) || token.Number("iat") is not { } issued)
            return (403, "InvalidProviderToken");
        var now = Clock.GetUtcNow().ToUnixTimeSeconds();
        if (issued > now + 60 || issued < now - 60 * 60)
            return (403, "ExpiredProviderToken");
        lock (_gate)
        {
            // Several servers have tokens of their own, each on its own connection.
            if (_newestTokens.TryGetValue(request.Connection, out var newest) && issued == newest)
                return null;
            if (issued < newest + 20 * 60)
                return (429, "TooManyProviderTokenUpdates");
            _newestTokens[request.Connection] = issued;
            _tokens++;
            return null;
        }
    }

    private static string? FaultOf(PlatformRequest request)
    {
        var type = request.Header("apns-push-type");
        return request.Header("apns-topic") is not { } topic ? "MissingTopic"
            : topic != Topic ? "TopicDisallowed"
            : type is not ("alert" or "background") ? "InvalidPushType"
            : request.Header("apns-priority") is not ("5" or "10") || (type == "background" && request.Header("apns-priority") != "5") ? "BadPriority"
            : request.Number("apns-expiration") is null ? "BadExpirationDate"
            : request.Header("apns-collapse-id") is { Length: > 64 } ? "BadCollapseId"
            : !Guid.TryParseExact(request.Header("apns-id"), "D", out _) ? "BadMessageId"
            : request.Body.Length > 4_096 ? "PayloadTooLarge"
            : request.Body.Length == 0 ? "PayloadEmpty"
            : FaultOfPayload(request.Body, type);
    }

    private static string? FaultOfPayload(byte[] body, string type)
    {
        try
        {
            var payload = JsonSerializer.Deserialize<JsonElement>(body);
            if (payload.ValueKind != JsonValueKind.Object || !payload.TryGetProperty("aps", out var aps) || aps.ValueKind != JsonValueKind.Object)
                return "NoAps";
            var isShown = aps.TryGetProperty("alert", out _) || aps.TryGetProperty("badge", out _) || aps.TryGetProperty("sound", out _);
            var isSilent = aps.TryGetProperty("content-available", out var available) && available.GetRawText() == "1";
            return type == "background" ? isShown || !isSilent ? "BadBackgroundPayload" : null : aps.TryGetProperty("alert", out _) ? null : "NoAlert";
        }
        catch (JsonException)
        {
            return "BadJson";
        }
    }

    private static Verdict Refuse(int status, string reason) => new(status, Reason(reason), Wrong: reason);

    private static string Reason(string reason) => $$"""{"reason":"{{reason}}"}""";

    [GeneratedRegex("^/3/device/(?<token>[0-9a-fA-F]+)$")]
    private static partial Regex DevicePath();
}
