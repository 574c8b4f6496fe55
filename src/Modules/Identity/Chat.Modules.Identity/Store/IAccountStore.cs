using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Accounts;

namespace Chat.Modules.Identity.Store;

/// <summary>The built-in accounts. Passes AccountStoreContract.</summary>
internal interface IAccountStore
{
    /// <summary>Adds an account. False, and nothing changes, if the id or one that looks alike (<see cref="LookAlike"/>) is taken.</summary>
    Task<bool> AddAsync(UserId user, string passwordHash, CancellationToken ct);

    /// <summary>The account's password hash; null if there is no such account.</summary>
    Task<string?> FindPasswordHashAsync(UserId user, CancellationToken ct);

    /// <summary>Replaces the password hash <paramref name="old"/>. False, and nothing changes, if the account has another hash by now.</summary>
    Task<bool> ReplacePasswordHashAsync(UserId user, string old, string renewed, CancellationToken ct);
}
