using System.Buffers.Text;
using System.Security.Cryptography;
using Chat.BuildingBlocks.Storage;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Modules.Identity.Tokens;

/// <summary>
/// The key that signs this server's tokens (ECDSA on P-256): the one that <c>Auth:SigningKeyFile</c> names, or else one made at the first
/// start and kept in the data directory as <c>signing-key.pem</c>, readable by the server's user alone.
/// </summary>
internal sealed class SigningKey : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly ECDsa _key;
    private readonly InMemoryCryptoProviderCache _signatures = new();

    /// <exception cref="StorageException">The file cannot be read or written, is no such key, or others may read it.</exception>
    public SigningKey(DataDirectory directory) : this(directory.PathOf("signing-key.pem"), isOwn: true)
    {
    }

    /// <param name="path">A key that the operator keeps.</param>
    /// <exception cref="StorageException">The file is not there, is no such key, or everybody may read it.</exception>
    public SigningKey(string path) : this(path, isOwn: false)
    {
    }

    private SigningKey(string path, bool isOwn)
    {
        try
        {
            if (isOwn && !File.Exists(path))
                Make(path);
            // A secret that is mounted may be its group's.
            var allowed = isOwn ? OwnerOnly : OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~allowed) != 0)
            {
                throw new StorageException($"The signing key '{path}' may be read by others: whoever has it is any user. "
                    + (isOwn ? "Delete it, for a new one, or chmod 600 it." : "Let none but the server's user or group read it: chmod 640 it, or less."));
            }
            _key = Read(path, isOwn);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The signing key '{path}' cannot be used: {e.Message}", e);
        }

        var id = Base64Url.EncodeToString(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()).AsSpan(0, 12));
        // With a cache of its own: the shared one goes by the id, and would give another host of this process the key of one that has ended.
        SecurityKey = new ECDsaSecurityKey(_key) { KeyId = id, CryptoProviderFactory = new CryptoProviderFactory(_signatures) };
    }

    public ECDsaSecurityKey SecurityKey { get; }

    /// <summary>A key of 32 bytes for another purpose, which tells nothing about this one (HKDF, RFC 5869).</summary>
    public byte[] DeriveKey(string purpose) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, _key.ExportParameters(includePrivateParameters: true).D!, 32, info: System.Text.Encoding.UTF8.GetBytes(purpose));

    public void Dispose()
    {
        _signatures.Dispose();
        _key.Dispose();
    }

    private static ECDsa Read(string path, bool isOwn)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            if (key.ExportParameters(includePrivateParameters: true).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value)
                return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw NotAKey(path, isOwn, e);
        }
        throw NotAKey(path, isOwn, null);
    }

    // Whole or not at all: a crash leaves the temporary file, which the next start replaces.
    private static void Make(string path)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path);
    }

    private static StorageException NotAKey(string path, bool isOwn, Exception? inner) => new(
        $"The signing key '{path}' is damaged or not an EC P-256 private key. "
        + (isOwn ? "Put back a backup of it, or delete it: then all tokens become void." : "Put back the one that all servers sign with: with another all tokens become void."),
        inner);
}
