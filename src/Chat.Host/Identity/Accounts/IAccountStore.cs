using Chat.BuildingBlocks.Ids;

namespace Chat.Host.Identity.Accounts;

/// <summary>The built-in accounts. Passes AccountStoreContract.</summary>
internal interface IAccountStore
{
    /// <summary>Keeps a new account; false, and nothing changed, where the id is taken.</summary>
    Task<bool> AddAsync(UserId user, string passwordHash, CancellationToken ct);

    /// <summary>The account's password hash; null where there is no such account.</summary>
    Task<string?> FindPasswordHashAsync(UserId user, CancellationToken ct);

    /// <summary>Renews a password hash; does nothing where it is no longer <paramref name="old"/>.</summary>
    Task ReplacePasswordHashAsync(UserId user, string old, string renewed, CancellationToken ct);
}
