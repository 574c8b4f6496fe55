using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Accounts;
using Chat.Modules.Identity.Contracts;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Identity.Admins;

/// <summary>
/// The users named in <c>Auth:Admins</c>. A browser sends the password with every request, so a password that was right is remembered for some minutes,
/// as a keyed hash, in memory only.
/// </summary>
internal sealed class BuiltInAdmins(BuiltInAccounts accounts, IOptions<AuthOptions> options, TimeProvider clock) : IAdmins
{
    private static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(5);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    // At most one entry for each admin.
    private readonly ConcurrentDictionary<UserId, (byte[] Hash, long Since)> _known = new();

    public bool Contains(UserId user) => options.Value.Admins.Contains(user.Value);

    public bool IsKnown(UserId user, string password) =>
        _known.TryGetValue(user, out var known) && clock.GetElapsedTime(known.Since) < KnownFor
        && CryptographicOperations.FixedTimeEquals(known.Hash, HashOf(password));

    public async Task<Result<Done>> CheckAsync(UserId user, string password, IPAddress network, CancellationToken ct)
    {
        if (!options.Value.KeepsAccounts || password.Length > PasswordRules.MaxLength)
            return IdentityErrors.WrongPassword;
        var check = await accounts.CheckPasswordAsync(user, null, password, network, ct);
        if (check.Error is { } refusal)
            return refusal;
        if (Contains(user))
            _known[user] = (HashOf(password), clock.GetTimestamp());
        return default(Done);
    }

    public async Task<Result<Done>> CreateAsync(UserId user, string password, CancellationToken ct)
    {
        if (!Contains(user))
            return IdentityErrors.NotInAdmins(user);
        return options.Value.KeepsAccounts ? await accounts.CreateAdminAsync(user, password, ct) : IdentityErrors.IssuerKeepsAccounts;
    }

    private byte[] HashOf(string password) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(password));
}
