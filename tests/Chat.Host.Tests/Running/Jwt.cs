using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Host.Tests.Running;

/// <summary>Tokens by hand, good and bad.</summary>
internal static class Jwt
{
    /// <summary>The key that a host on this folder signs with.</summary>
    public static SecurityKey KeyOf(string dataDirectory)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(dataDirectory, "signing-key.pem")));
        return new ECDsaSecurityKey(key);
    }

    public static SecurityKey NewKey() => new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>A token of alice's phone, issued now for five minutes; the claims given take the place of the usual ones, and null takes one away.</summary>
    public static string Sign(SecurityKey? key, DateTimeOffset now, string algorithm = SecurityAlgorithms.EcdsaSha256, params (string Name, object? Value)[] claims)
    {
        var all = new Dictionary<string, object?>
        {
            ["iss"] = "chat",
            ["aud"] = "chat",
            ["sub"] = "alice",
            ["device"] = "phone",
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        foreach (var (name, value) in claims)
            all[name] = value;
        var descriptor = new SecurityTokenDescriptor
        {
            Claims = all.Where(claim => claim.Value is not null).ToDictionary(claim => claim.Key, claim => claim.Value!),
            SigningCredentials = key is null ? null : new SigningCredentials(key, algorithm),
        };
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }
}
