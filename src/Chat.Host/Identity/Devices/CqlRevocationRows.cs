using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Host.Identity.Devices;

/// <summary>Table <c>identity_revocations</c>.</summary>
internal sealed class CqlRevocationRows(ICqlSession session)
{
    private const int Shards = 16;

    /// <summary>Twice is as once.</summary>
    public Task AddAsync(Revocation revocation, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement(
            "INSERT INTO identity_revocations (shard, revoked_at, user_id, device_id) VALUES (?, ?, ?, ?)",
            ShardOf(revocation.At), revocation.At, revocation.Device.User.Value, revocation.Device.Device.Value),
        ct);

    /// <summary>Those after a time, in no order; of a device that was revoked again the latest.</summary>
    public async Task<IReadOnlyList<Revocation>> ReadAfterAsync(DateTimeOffset after, CancellationToken ct)
    {
        var shards = await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => ReadAsync(
            "SELECT user_id, device_id, revoked_at FROM identity_revocations WHERE shard = ? AND revoked_at > ?", shard, after, ct)));
        return [.. shards.SelectMany(found => found).GroupBy(found => found.Device).Select(found => found.MaxBy(one => one.At)!)];
    }

    /// <summary>Deletes those before a time.</summary>
    /// <param name="before">Not itself.</param>
    /// <param name="beforehand">Done for each of them first; again where the host died before it had deleted them.</param>
    /// <param name="ct">Gives up; the next sweep goes on.</param>
    public async Task SweepAsync(DateTimeOffset before, Func<Revocation, Task> beforehand, CancellationToken ct)
    {
        for (var shard = 0; shard < Shards; shard++)
        {
            var old = await ReadAsync(
                "SELECT user_id, device_id, revoked_at FROM identity_revocations WHERE shard = ? AND revoked_at < ?", shard, before, ct);
            if (old.Count == 0)
                continue;
            foreach (var revocation in old)
                await beforehand(revocation);
            await session.ExecuteAsync(new CqlStatement("DELETE FROM identity_revocations WHERE shard = ? AND revoked_at < ?", shard, before), ct);
        }
    }

    private async Task<List<Revocation>> ReadAsync(string select, int shard, DateTimeOffset bound, CancellationToken ct)
    {
        var found = new List<Revocation>();
        byte[]? next = null;
        do
        {
            var page = await session.ExecuteAsync(new CqlStatement(select, shard, bound) { PagingState = next }, ct);
            found.AddRange(page.Rows.Select(row => new Revocation(
                new DeviceAddress(UserId.Parse(row.Get<string>(0)), DeviceId.Parse(row.Get<string>(1))), row.Get<DateTimeOffset>(2))));
            next = page.PagingState;
        }
        while (next is not null);
        return found;
    }

    private static int ShardOf(DateTimeOffset at) => (int)(at.ToUnixTimeMilliseconds() % Shards);
}
