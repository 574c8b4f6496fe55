using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Chat.Testing.Push;

/// <summary>A signed token as a platform reads it: by hand, and not by the server's library.</summary>
internal sealed record Jwt(JsonElement Header, JsonElement Claims, byte[] Signed, byte[] Signature)
{
    /// <summary>Null for what is none.</summary>
    public static Jwt? Read(string text)
    {
        try
        {
            return text.Split('.') is [var header, var claims, var signature]
                ? new Jwt(
                    JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(header)), JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(claims)),
                    Encoding.ASCII.GetBytes($"{header}.{claims}"), Base64Url.DecodeFromChars(signature))
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    public string? Text(string claim) => TextOf(Claims, claim);

    public string? HeaderText(string name) => TextOf(Header, name);

    public long? Number(string claim) =>
        Claims.TryGetProperty(claim, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    public bool IsSignedBy(ECDsa key) =>
        HeaderText("alg") == "ES256" && Signature.Length == 64 && key.VerifyData(Signed, Signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public bool IsSignedBy(RSA key) =>
        HeaderText("alg") == "RS256" && key.VerifyData(Signed, Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static string? TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
