using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Identity.Store;

/// <summary>Table <c>identity_accounts</c> (cql/0001-identity.cql), by user; ids are claimed by <see cref="CqlAccountNames"/>. All writes are conditional.</summary>
internal sealed class CqlAccountStore(ICqlSession session, TimeProvider clock) : IAccountStore
{
    private readonly CqlAccountNames _names = new(session, clock);

    public async Task<bool> AddAsync(UserId user, string passwordHash, CancellationToken ct)
    {
        if (!await _names.TryClaimAsync(user, ct))
            return false;
        try
        {
            var added = await session.ExecuteAsync(
                new CqlStatement(
                    "INSERT INTO identity_accounts (user_id, password_hash, created_at) VALUES (?, ?, ?) IF NOT EXISTS",
                    user.Value, passwordHash, clock.GetUtcNow()) { Idempotent = false },
                ct);
            return added.Applied;
        }
        catch (StoreUnavailableException)
        {
            // The insert may have happened, and the id would look taken on a retry. The hash is salted: if it is stored, this call stored it.
            if (await FindAsync(user, linearizable: true, ct) is not { } found)
                throw;
            return found == passwordHash;
        }
    }

    public Task<string?> FindPasswordHashAsync(UserId user, CancellationToken ct) => FindAsync(user, linearizable: false, ct);

    public async Task<bool> ReplacePasswordHashAsync(UserId user, string old, string renewed, CancellationToken ct)
    {
        var replaced = await session.ExecuteAsync(
            new CqlStatement("UPDATE identity_accounts SET password_hash = ? WHERE user_id = ? IF password_hash = ?", renewed, user.Value, old)
            {
                Idempotent = false,
            },
            ct);
        return replaced.Applied;
    }

    private async Task<string?> FindAsync(UserId user, bool linearizable, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT password_hash FROM identity_accounts WHERE user_id = ?", user.Value) { Linearizable = linearizable }, ct);
        return found.Rows is [var row] ? row.Get<string>(0) : null;
    }
}
