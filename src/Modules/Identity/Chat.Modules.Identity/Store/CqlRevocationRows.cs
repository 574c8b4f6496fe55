using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Identity.Store;

/// <summary>
/// Tables <c>identity_revocations</c>, by time, read when a server starts; and <c>identity_revocation_log</c>, in order of arrival, read by running servers.
/// </summary>
internal sealed class CqlRevocationRows(ICqlSession session, TimeProvider clock)
{
    private const int Shards = 16;
    private const int MaxAttempts = 16;

    private const string After = "SELECT user_id, device_id, revoked_at FROM identity_revocations WHERE shard = ? AND revoked_at > ?";
    private const string Before = "SELECT user_id, device_id, revoked_at FROM identity_revocations WHERE shard = ? AND revoked_at < ?";

    /// <summary>
    /// Servers of the previous version do not write the log: their revocations are read by time, from this long before the last read. They are missed if
    /// clocks differ by more. Not needed once no such server runs.
    /// </summary>
    private static readonly TimeSpan LateBy = TimeSpan.FromMinutes(10);

    /// <summary>May be called twice.</summary>
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

    /// <summary>The revocations stored since a position, in no order; the latest one of each device.</summary>
    public async Task<RevocationPage> ReadAsync(RevocationPosition? since, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        // The end of the log first: what is added meanwhile is read again next time.
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

    /// <summary>Deletes those before a time. Rows of the log expire by themselves.</summary>
    /// <param name="before">Exclusive.</param>
    /// <param name="beforehand">Called for each of them first; called again if the server died before the deletion.</param>
    /// <param name="ct">Cancels; the next sweep continues.</param>
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

    /// <summary>False if another was appended meanwhile. A number is used only after the previous one is stored, so that readers miss none.</summary>
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

    /// <returns>The number of the newest; <paramref name="after"/> if there is none.</returns>
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
