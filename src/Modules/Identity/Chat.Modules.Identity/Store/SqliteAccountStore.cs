using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Identity.Accounts;
using Dapper;

namespace Chat.Modules.Identity.Store;

/// <summary>Table <c>identity_accounts</c>, by user.</summary>
internal sealed class SqliteAccountStore(SqliteDatabase database, TimeProvider clock) : IAccountStore
{
    public Task<bool> AddAsync(UserId user, string passwordHash, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            """
            INSERT INTO identity_accounts SELECT $user, $passwordHash, $now WHERE NOT EXISTS (
              SELECT 1 FROM identity_accounts WHERE lower(rtrim(user_id, '.')) = $folded)
            """,
            new { user = user.Value, passwordHash, now = clock.GetUtcNow().ToUnixTimeMilliseconds(), folded = LookAlike.FoldOf(user) }) == 1,
        ct);

    public Task<string?> FindPasswordHashAsync(UserId user, CancellationToken ct) => Task.FromResult(database.Read(
        connection => connection.QuerySingleOrDefault<string>(
            "SELECT password_hash FROM identity_accounts WHERE user_id = $user", new { user = user.Value })));

    public Task<bool> ReplacePasswordHashAsync(UserId user, string old, string renewed, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            "UPDATE identity_accounts SET password_hash = $renewed WHERE user_id = $user AND password_hash = $old",
            new { user = user.Value, old, renewed }) == 1,
        ct);
}
