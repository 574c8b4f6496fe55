using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.LastSeen;

/// <summary>
/// The last-seen times with a write-behind: a reconnect storm is a few batches a second, not a transaction a disconnect. A crash loses the
/// times of the last second, and those of the users who were online: they keep the time before.
/// </summary>
internal sealed class LastSeenTimes(ILastSeenStore store, IOptions<PresenceOptions> options, PresenceMetrics metrics)
{
    /// <summary>Rows in one write at most: the messages' appends wait for the same writer.</summary>
    private const int BatchSize = 500;

    private readonly Lock _lock = new();

    // Both change under _lock: the first by Note and the flush, the second by the flush alone, which reads it without.
    private Dictionary<UserId, DateTimeOffset> _waiting = [];
    private Dictionary<UserId, DateTimeOffset> _underWay = [];

    /// <summary>Never waits. When full, a user who is not waiting already keeps the stored time.</summary>
    public void Note(UserId user, DateTimeOffset at)
    {
        lock (_lock)
        {
            if (_waiting.Count < options.Value.MaxWaitingLastSeen || _waiting.ContainsKey(user))
            {
                _waiting[user] = at;
                return;
            }
        }
        metrics.DroppedLastSeen.Add(1);
    }

    /// <summary>A time that is not written yet; null where there is none.</summary>
    public DateTimeOffset? Unwritten(UserId user)
    {
        lock (_lock)
            return _waiting.TryGetValue(user, out var at) || _underWay.TryGetValue(user, out at) ? at : null;
    }

    /// <summary>The times of those users who have one, written or not.</summary>
    public async Task<IReadOnlyDictionary<UserId, DateTimeOffset>> GetAsync(IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        // What is not written is looked at first: were it the other way round, a flush in between would hide the time from both.
        var times = new Dictionary<UserId, DateTimeOffset>();
        var elsewhere = new List<UserId>();
        foreach (var user in users)
        {
            if (Unwritten(user) is { } at)
                times[user] = at;
            else
                elsewhere.Add(user);
        }
        if (elsewhere.Count > 0)
        {
            foreach (var (user, at) in await store.GetAsync(elsewhere, ct))
                times[user] = at;
        }
        return times;
    }

    /// <summary>Writes what waits. Not to be called twice at once. When it throws, what was under way is written by the next call.</summary>
    public async Task FlushAsync(CancellationToken ct)
    {
        while (TakeWaiting())
        {
            foreach (var batch in _underWay.Chunk(BatchSize))
                await store.SaveAsync(batch, ct);
            lock (_lock)
                _underWay = [];
        }
    }

    private bool TakeWaiting()
    {
        lock (_lock)
        {
            if (_underWay.Count == 0)
                (_underWay, _waiting) = (_waiting, _underWay);
            return _underWay.Count > 0;
        }
    }
}
