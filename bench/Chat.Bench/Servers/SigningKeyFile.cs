using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Chat.Bench.Servers;

/// <summary>
/// The key that the hosts of a cluster sign tokens with (<c>Auth:SigningKeyFile</c>). The generator signs with it too: no password is hashed for
/// its thousands of users.
/// </summary>
internal sealed class SigningKeyFile : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public SigningKeyFile()
    {
        Path = System.IO.Path.GetTempFileName();      // readable by its owner only
        File.WriteAllText(Path, key.ExportPkcs8PrivateKeyPem());
    }

    public string Path { get; }

    /// <summary>An access token as the host makes them.</summary>
    public string Token(string user, string device)
    {
        var now = TimeProvider.System.GetUtcNow();
        var head = Encode("""{"alg":"ES256","typ":"JWT"}""");
        var claims = Encode(
            $$"""{"iss":"chat","aud":"chat","sub":"{{user}}","device":"{{device}}","iat":{{now.ToUnixTimeSeconds()}},"iat_ms":{{now.ToUnixTimeMilliseconds()}},"exp":{{(now + Lifetime).ToUnixTimeSeconds()}}}""");
        byte[] signature;
        lock (key)
            signature = key.SignData(Encoding.ASCII.GetBytes($"{head}.{claims}"), HashAlgorithmName.SHA256);
        return $"{head}.{claims}.{Base64Url.EncodeToString(signature)}";
    }

    public void Dispose()
    {
        key.Dispose();
        File.Delete(Path);
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
