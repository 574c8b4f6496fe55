using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Presence.LastSeen;

/// <summary>
/// Table <c>presence_last_seen</c> (cql/0001-last-seen.cql). A time is written with itself as the timestamp, so that the
/// latest one stays. A time from a clock that was ahead is overwritten with a higher timestamp.
/// </summary>
internal sealed class CqlLastSeenStore(ICqlSession session, TimeProvider clock) : ILastSeenStore
{
    private const int MaxParallel = 64;

    public Task SaveAsync(IReadOnlyCollection<KeyValuePair<UserId, DateTimeOffset>> times, CancellationToken ct) => Parallel.ForEachAsync(
        times, Options(ct), async (time, cancelled) =>
        {
            var milliseconds = time.Value.ToUnixTimeMilliseconds();
            var found = await session.ExecuteAsync(
                new CqlStatement("SELECT seen_at, writetime(seen_at) FROM presence_last_seen WHERE user_id = ?", time.Key.Value), cancelled);
            var timestamp = milliseconds * 1_000;
            if (found.Rows is [var row])
            {
                if (!IsAhead(row.Get<DateTimeOffset>(0)) && row.Get<DateTimeOffset>(0).ToUnixTimeMilliseconds() >= milliseconds)
                    return;
                timestamp = Math.Max(timestamp, row.Get<long>(1) + 1);
            }
            await session.ExecuteAsync(
                new CqlStatement(
                    "INSERT INTO presence_last_seen (user_id, seen_at) VALUES (?, ?) USING TIMESTAMP ?",
                    time.Key.Value, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), timestamp),
                cancelled);
        });

    public async Task<IReadOnlyDictionary<UserId, DateTimeOffset>> GetAsync(IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        var times = new ConcurrentDictionary<UserId, DateTimeOffset>();
        await Parallel.ForEachAsync(users, Options(ct), async (user, cancelled) =>
        {
            var found = await session.ExecuteAsync(
                new CqlStatement("SELECT seen_at FROM presence_last_seen WHERE user_id = ?", user.Value), cancelled);
            if (found.Rows is [var row] && !IsAhead(row.Get<DateTimeOffset>(0)))
                times[user] = row.Get<DateTimeOffset>(0);
        });
        return times;
    }

    private bool IsAhead(DateTimeOffset time) => time > clock.GetUtcNow() + ILastSeenStore.MaxAhead;

    private static ParallelOptions Options(CancellationToken ct) => new() { MaxDegreeOfParallelism = MaxParallel, CancellationToken = ct };
}
