using System.Buffers.Text;
using System.Security.Cryptography;
using Chat.BuildingBlocks.Secrets;
using Chat.BuildingBlocks.Storage;
using Chat.Modules.Delivery.Notifications.Platforms;

namespace Chat.Modules.Delivery.Notifications.WebPush;

/// <summary>
/// The key by which push services know this server (RFC 8292), the same for all servers: the one that <c>Push:WebPush:KeyFile</c> names, else one derived from the
/// key that signs tokens. So it exists from the first start on, is kept and moved with that one, and needs no setting.
/// </summary>
internal sealed class VapidKey : IDisposable
{
    private const string Setting = "Push:WebPush:KeyFile";

    private VapidKey(ECDsa key)
    {
        Key = key;
        PublicKey = Base64Url.EncodeToString(P256.PublicKeyOf(key.ExportParameters(includePrivateParameters: false)));
    }

    public ECDsa Key { get; }

    /// <summary>What browsers subscribe with: 65 bytes in base64url.</summary>
    public string PublicKey { get; }

    /// <returns>Null if several servers would have different keys.</returns>
    /// <exception cref="StorageException">The file cannot be used.</exception>
    public static VapidKey? Open(string? path, IDerivedKeys keys, bool hasSeveralServers) =>
        !string.IsNullOrWhiteSpace(path) ? new VapidKey(Read(Path.GetFullPath(path)))
        : hasSeveralServers && !keys.IsShared ? null
        : new VapidKey(Derive(keys));

    public void Dispose() => Key.Dispose();

    private static ECDsa Read(string path)
    {
        var key = KeyFile.ReadP256(path, Setting);
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & UnixFileMode.OtherRead) == 0)
            return key;
        key.Dispose();
        throw new StorageException($"{Setting} '{path}' may be read by other users: run chmod 640 on it.");
    }

    // A private key is a number from 1 to the order of the curve less one: the first derived one that is (FIPS 186-5 §A.2.2). All but one of 2^32 are.
    private static ECDsa Derive(IDerivedKeys keys)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = keys.DeriveKey($"web push {attempt}") });
            }
            catch (CryptographicException) when (attempt < 8)
            {
            }
        }
    }
}
