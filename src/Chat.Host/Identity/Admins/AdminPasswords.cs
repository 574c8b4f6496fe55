using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Host.Identity.Accounts;
using Microsoft.Extensions.Options;

namespace Chat.Host.Identity.Admins;

/// <summary>
/// Checks admins' passwords, of nobody else. A browser sends the password with each picture of a page, so one that was right is known
/// again for some minutes by a keyed hash that dies with the process.
/// </summary>
internal sealed class AdminPasswords(BuiltInAccounts accounts, IOptions<AuthOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(5);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    // At most one for each admin.
    private readonly ConcurrentDictionary<UserId, (byte[] Hash, long Since)> _known = new();

    public bool IsKnown(UserId user, string password) =>
        _known.TryGetValue(user, out var known) && clock.GetElapsedTime(known.Since) < KnownFor
        && CryptographicOperations.FixedTimeEquals(known.Hash, HashOf(password));

    /// <summary>Refusals: <c>unauthenticated</c>, <c>rate_limited</c>, <c>unavailable</c> when too many passwords wait.</summary>
    public async Task<Result<Done>> CheckAsync(UserId user, string password, IPAddress network, CancellationToken ct)
    {
        if (!options.Value.KeepsAccounts || password.Length > PasswordRules.MaxLength)
            return IdentityErrors.WrongPassword;
        var check = await accounts.CheckPasswordAsync(user, null, password, network, ct);
        if (check.Error is { } refusal)
            return refusal;
        if (options.Value.Admins.Contains(user.Value))
            _known[user] = (HashOf(password), clock.GetTimestamp());
        return default(Done);
    }

    private byte[] HashOf(string password) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(password));
}
