using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Accounts;

namespace Chat.Modules.Identity.Store;

/// <summary>The built-in accounts. Passes AccountStoreContract.</summary>
internal interface IAccountStore
{
    /// <summary>Keeps a new account; false, and nothing changed, where the id or one that looks alike (<see cref="LookAlike"/>) is taken.</summary>
    Task<bool> AddAsync(UserId user, string passwordHash, CancellationToken ct);

    /// <summary>The account's password hash; null where there is no such account.</summary>
    Task<string?> FindPasswordHashAsync(UserId user, CancellationToken ct);

    /// <summary>Puts a password hash in the place of <paramref name="old"/>; false, and nothing changed, where it is no longer that.</summary>
    Task<bool> ReplacePasswordHashAsync(UserId user, string old, string renewed, CancellationToken ct);
}
