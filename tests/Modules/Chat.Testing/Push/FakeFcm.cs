using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.WebUtilities;

namespace Chat.Testing.Push;

/// <summary>Firebase Cloud Messaging, HTTP v1, with the token endpoint of Google's accounts.</summary>
public sealed partial class FakeFcm : FakePlatform
{
    private const string Account = "chat@example-project.iam.gserviceaccount.com";

    private static readonly string[] Reserved = ["from", "message_type", "google", "gcm"];

    private readonly ConcurrentDictionary<string, bool> _devices = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new();
    // Takes a while to make.
    private static readonly Lazy<RSA> Shared = new(() => RSA.Create(2048));

    private readonly RSA _key;

    private FakeFcm(TestAuthority? authority, TimeProvider clock, RSA key) : base(authority, HttpProtocols.Http1AndHttp2, clock) => _key = key;

    public const string Project = "example-project";

    /// <summary>How long access tokens are good.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Access tokens given.</summary>
    public int Tokens => _tokens.Count;

    /// <summary>What the token endpoint answers in place of a token; null for a token.</summary>
    public Misbehaviour.Status? RefusesTokens { get; set; }

    /// <param name="authority">Null for plain http.</param>
    /// <param name="key">The account's; null for one that all have.</param>
    public static async Task<FakeFcm> StartAsync(TestAuthority? authority = null, TimeProvider? clock = null, RSA? key = null)
    {
        var fcm = new FakeFcm(authority, clock ?? TimeProvider.System, key ?? Shared.Value);
        await fcm.ListenAsync();
        return fcm;
    }

    /// <summary>The service account's key as Google gives it.</summary>
    public string WriteServiceAccountTo(string folder)
    {
        var path = Path.Combine(folder, "service-account.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["type"] = "service_account",
            ["project_id"] = Project,
            ["private_key_id"] = "1",
            ["private_key"] = _key.ExportPkcs8PrivateKeyPem(),
            ["client_email"] = Account,
            ["client_id"] = "1",
            ["token_uri"] = $"{Origin}/token",
        }));
        return path;
    }

    /// <summary>A phone registers.</summary>
    public string NewDevice()
    {
        var token = $"{RandomNumberGenerator.GetHexString(22)}:APA91b{RandomNumberGenerator.GetHexString(134)}";
        _devices[token] = true;
        return token;
    }

    /// <summary>The app is removed from it: what comes is answered UNREGISTERED.</summary>
    public void Remove(string device) => _devices[device] = false;

    /// <summary>Access tokens given before are no longer good.</summary>
    public void RevokeTokens()
    {
        foreach (var token in _tokens.Keys)
            _tokens[token] = DateTimeOffset.MinValue;
    }

    private protected override bool IsNotification(PlatformRequest request) => request.Path != "/token";

    private protected override Verdict Judge(PlatformRequest request)
    {
        if (request.Path == "/token")
            return JudgeToken(request);
        if (request.Authorization("bearer") is not { } token || !_tokens.TryGetValue(token, out var until) || until <= Clock.GetUtcNow())
            return Refuse(401, "UNAUTHENTICATED", null, "No valid access token.");
        if (request.Method != "POST" || request.Path != $"/v1/projects/{Project}/messages:send")
            return Refuse(404, "NOT_FOUND", null, "No such method or project.");
        try
        {
            return JudgeMessage(JsonSerializer.Deserialize<JsonElement>(request.Body), request);
        }
        catch (JsonException)
        {
            return Refuse(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "No JSON.");
        }
    }

    private Verdict JudgeMessage(JsonElement body, PlatformRequest request)
    {
        if (FaultOf(body) is { } fault)
            return Refuse(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", fault);
        var message = body.GetProperty("message");
        var device = message.GetProperty("token").GetString()!;
        if (!_devices.TryGetValue(device, out var isThere))
            return new Verdict(400, Error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", """{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"message.token"}]}"""));
        if (!isThere)
            return new Verdict(404, Error(404, "NOT_FOUND", "UNREGISTERED", null));
        var headers = new Dictionary<string, string>(request.Headers);
        foreach (var property in message.GetProperty("android").EnumerateObject())
            headers[property.Name] = property.Value.GetString()!;
        return new Verdict(
            200, $$"""{"name":"projects/{{Project}}/messages/1"}""", new Received(device, message.GetProperty("data"), headers, TimeProvider.System.GetUtcNow()));
    }

    private static string? FaultOf(JsonElement body)
    {
        if (Keys(body) is not ["message"] || Keys(body.GetProperty("message")) is not ["android", "data", "token"])
            return "Not a message with token, data and android alone.";
        var message = body.GetProperty("message");
        if (message.GetProperty("token").ValueKind != JsonValueKind.String || message.GetProperty("data").ValueKind != JsonValueKind.Object)
            return "token is no text, or data no object.";
        var data = message.GetProperty("data").EnumerateObject().ToList();
        if (data.Any(property => property.Value.ValueKind != JsonValueKind.String))
            return "data has other values than texts.";
        if (data.Any(property => Reserved.Contains(property.Name) || property.Name.StartsWith("google.", StringComparison.Ordinal)))
            return "data has a reserved key.";
        if (data.Sum(property => Encoding.UTF8.GetByteCount(property.Name) + Encoding.UTF8.GetByteCount(property.Value.GetString()!)) > 4_096)
            return "data has more than 4,096 bytes.";
        var android = message.GetProperty("android");
        return Keys(android) is not ["collapse_key", "priority", "ttl"] ? "android has other keys than collapse_key, priority and ttl."
            : android.EnumerateObject().Any(property => property.Value.ValueKind != JsonValueKind.String) ? "android has other values than texts."
            : android.GetProperty("priority").GetString() is not ("HIGH" or "NORMAL") ? "priority is neither HIGH nor NORMAL."
            : !Duration().IsMatch(android.GetProperty("ttl").GetString()!) ? "ttl is no duration in seconds."
            : null;
    }

    private Verdict JudgeToken(PlatformRequest request)
    {
        if (RefusesTokens is { } refusal)
            return new Verdict(refusal.Code, refusal.Body);
        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(request.Body));
        var now = Clock.GetUtcNow();
        var fault = request.Method != "POST" || form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer" ? "Not the grant jwt-bearer."
            : Jwt.Read(form["assertion"].ToString()) is not { } assertion || !assertion.IsSignedBy(_key) ? "The assertion is not signed by the account's key."
            : assertion.Text("iss") != Account ? "iss is not the account."
            : assertion.Text("scope")?.Contains("https://www.googleapis.com/auth/firebase.messaging", StringComparison.Ordinal) is not true ? "The scope is missing."
            : string.IsNullOrEmpty(assertion.Text("aud")) ? "No aud."
            : assertion.Number("exp") is not { } expires || assertion.Number("iat") is not { } issued || expires - issued > 3_600 || expires <= now.ToUnixTimeSeconds() ? "The assertion has expired, or lives too long."
            : null;
        if (fault is not null)
            return new Verdict(400, """{"error":"invalid_grant","error_description":"Invalid JWT Signature."}""", Wrong: fault);
        var token = RandomNumberGenerator.GetHexString(40);
        _tokens[token] = now + TokenLifetime;
        return new Verdict(200, $$"""{"access_token":"{{token}}","expires_in":{{(long)TokenLifetime.TotalSeconds}},"token_type":"Bearer"}""");
    }

    private static Verdict Refuse(int status, string name, string? code, string why) => new(status, Error(status, name, code, null), Wrong: why);

    private static string Error(int status, string name, string? code, string? detail)
    {
        var details = new[] { code is null ? null : $$"""{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"{{code}}"}""", detail }.Where(one => one is not null);
        return $$$"""{"error":{"code":{{{status}}},"message":"…","status":"{{{name}}}","details":[{{{string.Join(',', details)}}}]}}""";
    }

    private static List<string> Keys(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object ? [.. element.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal)] : [];

    [GeneratedRegex(@"^\d+(\.\d{1,9})?s$")]
    private static partial Regex Duration();
}
