using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Identity.Accounts;

namespace Chat.Modules.Identity.Store;

/// <summary>
/// Table <c>identity_account_names</c>: claims an id, with all ids that look alike, before the account is created. If a server dies after the claim, the
/// claim has no account, and another registration takes it over.
/// </summary>
internal sealed class CqlAccountNames(ICqlSession session, TimeProvider clock)
{
    // No id begins with a dot.
    private const string AllClaimed = ".";
    private const int MaxParallel = 32;

    /// <summary>How long creating an account may take: longer than any database request.</summary>
    private static readonly TimeSpan ClaimLasts = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();

    // Under _gate. Completes when all older accounts have claims.
    private Task? _claiming;

    /// <summary>False if the id, or one that looks alike, is taken. Of several concurrent calls one succeeds.</summary>
    public async Task<bool> TryClaimAsync(UserId user, CancellationToken ct)
    {
        await ClaimOldAsync().WaitAsync(ct);
        if (await TryInsertAsync(LookAlike.FoldOf(user), user.Value, ct))
            return true;
        var (owner, claimedAt) = await FindAsync(LookAlike.FoldOf(user), ct);
        if (owner == user.Value)
            return true;
        if (clock.GetUtcNow() - claimedAt < ClaimLasts || await HasAccountAsync(owner, ct))
            return false;
        var taken = await session.ExecuteAsync(
            new CqlStatement(
                "UPDATE identity_account_names SET user_id = ?, claimed_at = ? WHERE folded = ? IF user_id = ?",
                user.Value, clock.GetUtcNow(), LookAlike.FoldOf(user), owner) { Idempotent = false },
            ct);
        return taken.Applied;
    }

    // Once for each keyspace: claims the ids of accounts that the previous version created. Registration waits for it; if it fails, the next registration
    // tries again.
    private Task ClaimOldAsync()
    {
        lock (_gate)
        {
            if (_claiming is null or { IsFaulted: true } or { IsCanceled: true })
                _claiming = ClaimAllAsync();
            return _claiming;
        }
    }

    private async Task ClaimAllAsync()
    {
        if ((await FindAsync(AllClaimed, CancellationToken.None)).Owner is not null)
            return;
        byte[]? next = null;
        do
        {
            var page = await session.ExecuteAsync(new CqlStatement("SELECT user_id FROM identity_accounts") { PagingState = next });
            await Parallel.ForEachAsync(
                page.Rows.Select(row => UserId.Parse(row.Get<string>(0))), new ParallelOptions { MaxDegreeOfParallelism = MaxParallel },
                async (user, ct) => await TryInsertAsync(LookAlike.FoldOf(user), user.Value, ct));
            next = page.PagingState;
        }
        while (next is not null);
        await TryInsertAsync(AllClaimed, AllClaimed, CancellationToken.None);
    }

    private async Task<bool> TryInsertAsync(string folded, string owner, CancellationToken ct)
    {
        var inserted = await session.ExecuteAsync(
            new CqlStatement(
                "INSERT INTO identity_account_names (folded, user_id, claimed_at) VALUES (?, ?, ?) IF NOT EXISTS", folded, owner, clock.GetUtcNow())
            {
                Idempotent = false,
            },
            ct);
        return inserted.Applied;
    }

    private async Task<(string? Owner, DateTimeOffset ClaimedAt)> FindAsync(string folded, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT user_id, claimed_at FROM identity_account_names WHERE folded = ?", folded) { Linearizable = true }, ct);
        return found.Rows is [var row] ? (row.Get<string>(0), row.Get<DateTimeOffset>(1)) : default;
    }

    private async Task<bool> HasAccountAsync(string? user, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT user_id FROM identity_accounts WHERE user_id = ?", user) { Linearizable = true }, ct);
        return found.Rows.Count > 0;
    }
}
