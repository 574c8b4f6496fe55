using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Clients;

namespace Chat.EndToEnd.Tests.Accounts;

/// <summary>Tokens as an attacker makes them from a real one.</summary>
internal static class ForgedTokens
{
    /// <summary>By name: what is wrong with the token. Null sends none.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Account, string?>> All = new Dictionary<string, Func<Account, string?>>(StringComparer.Ordinal)
    {
        ["none at all"] = _ => null,
        ["not a token"] = _ => "open sesame",
        ["another user in the payload"] = a => Join(Header(a), With(a, "sub", "somebody-else"), Signature(a)),
        ["a later end in the payload"] = a => Join(Header(a), With(a, "exp", 4_000_000_000), Signature(a)),
        ["a cut signature"] = a => a.AccessToken[..^4],
        ["a changed signature"] = a => a.AccessToken[..^8] + (a.AccessToken.EndsWith("AAAAAAAA", StringComparison.Ordinal) ? "BBBBBBBB" : "AAAAAAAA"),
        ["no signature"] = a => Join(Header(a), Payload(a), ""),
        ["alg none"] = a => Join(Encode("""{"alg":"none","typ":"JWT"}"""), Payload(a), ""),
        ["alg none with the signature"] = a => Join(Encode("""{"alg":"none","typ":"JWT"}"""), Payload(a), Signature(a)),
        ["HMAC by the server's public key"] = a => Hmac(Payload(a), ServerKey.PublicKeyPem(a)),
        ["HMAC by an empty key"] = a => Hmac(Payload(a), ""),
        ["another key"] = SignedByAnotherKey,
        ["another issuer"] = a => ServerKey.Reissue(a, claims => claims["iss"] = "somebody-else"),
        ["another audience"] = a => ServerKey.Reissue(a, claims => claims["aud"] = "something-else"),
        ["no user"] = a => ServerKey.Reissue(a, claims => claims.Remove("sub")),
        ["a user of foreign shape"] = a => ServerKey.Reissue(a, claims => claims["sub"] = "not a user"),
        ["no end"] = a => ServerKey.Reissue(a, claims => claims.Remove("exp")),
    };

    private static string Header(Account account) => account.AccessToken.Split('.')[0];

    private static string Payload(Account account) => account.AccessToken.Split('.')[1];

    private static string Signature(Account account) => account.AccessToken.Split('.')[2];

    private static string Join(params string[] parts) => string.Join('.', parts);

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static string With(Account account, string claim, JsonNode value)
    {
        var payload = JsonNode.Parse(Base64Url.DecodeFromChars(Payload(account)))!;
        payload[claim] = value;
        return Encode(payload.ToJsonString());
    }

    private static string Hmac(string payload, string key)
    {
        var signed = Join(Encode("""{"alg":"HS256","typ":"JWT"}"""), payload);
        return Join(signed, Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes(signed))));
    }

    private static string SignedByAnotherKey(Account account)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signed = Join(Header(account), Payload(account));
        return Join(signed, Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256)));
    }
}
