using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Identity.Store;

/// <summary>
/// Tables <c>identity_revocations</c>, by time: for hosts that start; and <c>identity_revocation_log</c>, by the order of their coming: for hosts
/// that run.
/// </summary>
internal sealed class CqlRevocationRows(ICqlSession session, TimeProvider clock)
{
    private const int Shards = 16;
    private const int MaxAttempts = 16;

    private const string After = "SELECT user_id, device_id, revoked_at FROM identity_revocations WHERE shard = ? AND revoked_at > ?";
    private const string Before = "SELECT user_id, device_id, revoked_at FROM identity_revocations WHERE shard = ? AND revoked_at < ?";

    /// <summary>
    /// Hosts of the version before write no log: theirs are looked for by time, from this long before the last look. Clocks that differ by more
    /// miss them, as they always did; once no such host runs, nothing hangs on this.
    /// </summary>
    private static readonly TimeSpan LateBy = TimeSpan.FromMinutes(10);

    /// <summary>Twice is as once.</summary>
    public async Task AddAsync(Revocation revocation, CancellationToken ct)
    {
        await session.ExecuteAsync(
            new CqlStatement(
                "INSERT INTO identity_revocations (shard, revoked_at, user_id, device_id) VALUES (?, ?, ?, ?)",
                ShardOf(revocation.At), revocation.At, revocation.Device.User.Value, revocation.Device.Device.Value),
            ct);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await TryAppendAsync(revocation, await FindLastAsync(linearizable: attempt > 0, ct), ct))
                return;
        }
        throw new StoreUnavailableException("Too many devices are being revoked at once.");
    }

    /// <summary>Those that have come since a position, in no order; of a device that was revoked again the latest.</summary>
    public async Task<RevocationPage> ReadAsync(RevocationPosition? since, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        // The log's end first: what comes meanwhile is read again by the next.
        var end = since?.Seq ?? await FindLastAsync(linearizable: false, ct) ?? 0;
        var found = new List<Revocation>();
        if (since is not null)
            end = await ReadLogAsync(since.Seq, found, ct);
        var after = since is null ? DateTimeOffset.UnixEpoch : since.At - LateBy;
        foreach (var shard in await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => ReadAsync(After, shard, after, ct))))
            found.AddRange(shard);
        return new RevocationPage(
            [.. found.GroupBy(revocation => revocation.Device).Select(ofOne => ofOne.MaxBy(one => one.At)!)], new RevocationPosition(end, now));
    }

    /// <summary>Deletes those before a time; the log's go by themselves.</summary>
    /// <param name="before">Not itself.</param>
    /// <param name="beforehand">Done for each of them first; again where the host died before it had deleted them.</param>
    /// <param name="ct">Gives up; the next sweep goes on.</param>
    public async Task SweepAsync(DateTimeOffset before, Func<Revocation, Task> beforehand, CancellationToken ct)
    {
        for (var shard = 0; shard < Shards; shard++)
        {
            var old = await ReadAsync(Before, shard, before, ct);
            if (old.Count == 0)
                continue;
            foreach (var revocation in old)
                await beforehand(revocation);
            await session.ExecuteAsync(new CqlStatement("DELETE FROM identity_revocations WHERE shard = ? AND revoked_at < ?", shard, before), ct);
        }
    }

    private async Task<long?> FindLastAsync(bool linearizable, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT last FROM identity_revocation_log WHERE part = 0 LIMIT 1") { Linearizable = linearizable }, ct);
        return found.Rows is [var row] && !row.IsNull(0) ? row.Get<long>(0) : null;
    }

    /// <summary>False where another was appended meanwhile. A number is given only when the one before it is there, so no reader passes over one.</summary>
    private async Task<bool> TryAppendAsync(Revocation revocation, long? last, CancellationToken ct)
    {
        var seq = (last ?? 0) + 1;
        var appended = await session.ExecuteBatchAsync(
            [
                new CqlStatement("UPDATE identity_revocation_log SET last = ? WHERE part = 0 IF last = ?", seq, last) { Idempotent = false },
                new CqlStatement(
                    "INSERT INTO identity_revocation_log (part, seq, user_id, device_id, revoked_at) VALUES (0, ?, ?, ?, ?) USING TTL 604800",
                    seq, revocation.Device.User.Value, revocation.Device.Device.Value, revocation.At),
            ],
            ct);
        return appended.Applied;
    }

    /// <returns>The number of the newest; <paramref name="after"/> where there is none.</returns>
    private async Task<long> ReadLogAsync(long after, List<Revocation> found, CancellationToken ct)
    {
        var newest = after;
        byte[]? next = null;
        do
        {
            var page = await session.ExecuteAsync(
                new CqlStatement("SELECT user_id, device_id, revoked_at, seq FROM identity_revocation_log WHERE part = 0 AND seq > ?", after)
                {
                    PagingState = next,
                },
                ct);
            foreach (var row in page.Rows)
            {
                found.Add(ToRevocation(row));
                newest = row.Get<long>(3);
            }
            next = page.PagingState;
        }
        while (next is not null);
        return newest;
    }

    private async Task<List<Revocation>> ReadAsync(string select, int shard, DateTimeOffset bound, CancellationToken ct)
    {
        var found = new List<Revocation>();
        byte[]? next = null;
        do
        {
            var page = await session.ExecuteAsync(new CqlStatement(select, shard, bound) { PagingState = next }, ct);
            found.AddRange(page.Rows.Select(ToRevocation));
            next = page.PagingState;
        }
        while (next is not null);
        return found;
    }

    private static Revocation ToRevocation(CqlRow row) => new(
        new DeviceAddress(UserId.Parse(row.Get<string>(0)), DeviceId.Parse(row.Get<string>(1))), row.Get<DateTimeOffset>(2));

    private static int ShardOf(DateTimeOffset at) => (int)(at.ToUnixTimeMilliseconds() % Shards);
}
