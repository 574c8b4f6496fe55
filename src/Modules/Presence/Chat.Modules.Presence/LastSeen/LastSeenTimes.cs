using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.LastSeen;

/// <summary>
/// The last-seen times with write-behind: many disconnects are a few batches a second, not a transaction each. A crash loses the times of the last second,
/// and those of users who were online, who keep their earlier time.
/// </summary>
internal sealed class LastSeenTimes(ILastSeenStore store, IOptions<PresenceOptions> options, PresenceMetrics metrics)
{
    /// <summary>The most rows in one write: other writes wait for the same writer.</summary>
    private const int BatchSize = 500;

    private readonly Lock _lock = new();

    // Both are written under _lock: the first by Note and FlushAsync, the second by FlushAsync only, which reads it without the lock.
    private Dictionary<UserId, DateTimeOffset> _waiting = [];
    private Dictionary<UserId, DateTimeOffset> _underWay = [];

    /// <summary>Does not wait. When full, the time of a further user is dropped: the stored one stays.</summary>
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

    /// <summary>A time that is not written yet; null if there is none.</summary>
    public DateTimeOffset? Unwritten(UserId user)
    {
        lock (_lock)
            return _waiting.TryGetValue(user, out var at) || _underWay.TryGetValue(user, out at) ? at : null;
    }

    /// <summary>The times of the users who have one, written or not.</summary>
    public async Task<IReadOnlyDictionary<UserId, DateTimeOffset>> GetAsync(IReadOnlyCollection<UserId> users, CancellationToken ct)
    {
        // Unwritten times first: in the other order a concurrent flush could hide a time from both reads.
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

    /// <summary>Writes the waiting times. Not for concurrent calls. If it throws, the next call writes the rest.</summary>
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
