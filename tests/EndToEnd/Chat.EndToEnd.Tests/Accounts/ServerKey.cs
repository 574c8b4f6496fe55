using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Chat.EndToEnd.Tests.Clients;

namespace Chat.EndToEnd.Tests.Accounts;

/// <summary>The server's own signing key, read from its data directory: makes tokens that are right but for what a test wants.</summary>
internal static class ServerKey
{
    /// <summary>The account's access token with other claims, signed as the server signs.</summary>
    public static string Reissue(Account account, Action<JsonObject> change)
    {
        var parts = account.AccessToken.Split('.');
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!.AsObject();
        change(claims);
        var signed = $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        using var key = Read(account);
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    /// <summary>The account's access token with this time left; negative for one that has expired.</summary>
    public static string Reissue(Account account, TimeSpan timeLeft) =>
        Reissue(account, claims => claims["exp"] = (TimeProvider.System.GetUtcNow() + timeLeft).ToUnixTimeSeconds());

    public static string PublicKeyPem(Account account)
    {
        using var key = Read(account);
        return key.ExportSubjectPublicKeyInfoPem();
    }

    private static ECDsa Read(Account account)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(account.Server.DataDirectory, "signing-key.pem")));
        return key;
    }
}
