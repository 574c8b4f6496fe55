using System.Security.Cryptography;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.Modules.Identity.Tokens;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Moving;

/// <summary>
/// Refuses a move after which the servers would sign with another key than the folder's server: all users would have to log in again.
/// </summary>
internal sealed class KeepSigningKey(DataDirectory folder, IOptions<AuthOptions> options) : IMoveStep
{
    public Task PrepareAsync(CancellationToken ct)
    {
        var own = folder.PathOf("signing-key.pem");
        if (!File.Exists(own) || !options.Value.KeepsAccounts)
            return Task.CompletedTask;
        if (string.IsNullOrWhiteSpace(options.Value.SigningKeyFile))
        {
            throw new StorageException(
                $"Auth:SigningKeyFile must name the key that the servers will sign with: a copy of '{own}', or all users would have to log in again.");
        }
        var shared = Path.GetFullPath(options.Value.SigningKeyFile);
        using var one = new SigningKey(folder);
        using var other = new SigningKey(shared);
        return CryptographicOperations.FixedTimeEquals(one.DeriveKey("refresh tokens"), other.DeriveKey("refresh tokens"))
            ? Task.CompletedTask
            : throw new StorageException(
                $"Auth:SigningKeyFile '{shared}' is another key than '{own}': all users would have to log in again. Copy the latter to the former; "
                + "or, if the server was started with Auth:SigningKeyFile, move the latter away.");
    }
}
