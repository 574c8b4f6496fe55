using System.Security.Cryptography;
using Chat.BuildingBlocks.Storage;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>Files with keys that a setting names. One that cannot be used ends the start.</summary>
internal static class KeyFile
{
    /// <summary>An EC P-256 private key in PEM (PKCS#8 or SEC 1).</summary>
    /// <param name="setting">What the operator has to look at.</param>
    /// <exception cref="StorageException">The file cannot be read, or is no such key.</exception>
    public static ECDsa ReadP256(string path, string setting)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(ReadText(path, setting));
            if (key.ExportParameters(includePrivateParameters: true).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value)
                return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw NotAKey(path, setting, e);
        }
        key.Dispose();
        throw NotAKey(path, setting, null);
    }

    /// <exception cref="StorageException">The file cannot be read.</exception>
    public static string ReadText(string path, string setting)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{setting} '{path}' cannot be read: {e.Message}", e);
        }
    }

    private static StorageException NotAKey(string path, string setting, Exception? inner) =>
        new($"{setting} '{path}' is damaged or not an EC P-256 private key in PEM.", inner);
}
