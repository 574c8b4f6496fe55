using System.Buffers.Text;
using System.Security.Cryptography;
using Chat.BuildingBlocks.Secrets;
using Chat.BuildingBlocks.Storage;
using Microsoft.IdentityModel.Tokens;

namespace Chat.Modules.Identity.Tokens;

/// <summary>
/// The key that signs this server's tokens (ECDSA on P-256): the one that <c>Auth:SigningKeyFile</c> names; else one created at the first start in the data
/// directory, <c>signing-key.pem</c>, readable by the server's user only.
/// </summary>
internal sealed class SigningKey : IDerivedKeys, IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly ECDsa _key;
    private readonly InMemoryCryptoProviderCache _signatures = new();

    /// <exception cref="StorageException">The file cannot be read or written, is not such a key, or other users may read it.</exception>
    public SigningKey(DataDirectory directory) : this(directory.PathOf("signing-key.pem"), isOwn: true)
    {
    }

    /// <param name="path">The operator's key.</param>
    /// <exception cref="StorageException">The file is missing, is not such a key, or everybody may read it.</exception>
    public SigningKey(string path) : this(path, isOwn: false)
    {
    }

    private SigningKey(string path, bool isOwn)
    {
        IsShared = !isOwn;
        try
        {
            if (isOwn && !File.Exists(path))
                Make(path);
            // A mounted secret may be readable by its group.
            var allowed = isOwn ? OwnerOnly : OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~allowed) != 0)
            {
                throw new StorageException($"The signing key '{path}' may be read by other users: whoever has it can act as any user. "
                    + (isOwn ? "Delete it to get a new one, or run chmod 600 on it." : "Only the server's user or group may read it: run chmod 640 on it."));
            }
            _key = Read(path, isOwn);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The signing key '{path}' cannot be used: {e.Message}", e);
        }

        var id = Base64Url.EncodeToString(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()).AsSpan(0, 12));
        // With its own cache: the shared one is keyed by id, and would give a second server in this process the disposed key of the first.
        SecurityKey = new ECDsaSecurityKey(_key) { KeyId = id, CryptoProviderFactory = new CryptoProviderFactory(_signatures) };
    }

    public ECDsaSecurityKey SecurityKey { get; }

    /// <inheritdoc/>
    public bool IsShared { get; }

    /// <inheritdoc/>
    /// <remarks>HKDF, RFC 5869.</remarks>
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

    // Atomic: a crash leaves only the temporary file, which the next start replaces.
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
        + (isOwn ? "Restore a backup of it, or delete it: then all tokens become void." : "Restore the one that all servers sign with: with another, all tokens become void."),
        inner);
}
