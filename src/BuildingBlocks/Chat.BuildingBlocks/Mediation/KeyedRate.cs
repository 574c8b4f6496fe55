namespace Chat.BuildingBlocks.Mediation;

/// <summary>
/// So many at once for each key, and then one each period. A key costs one entry of at most <paramref name="maxKeys"/> while it has taken
/// something lately. When all are in use those that are as new are forgotten; where that makes no room all are, and each has its burst again.
/// </summary>
/// <param name="burst">1 or more.</param>
/// <param name="period">From one to the next.</param>
/// <param name="maxKeys">Keys known at a time.</param>
/// <param name="clock">Monotonic time is taken from it.</param>
public sealed class KeyedRate<TKey>(int burst, TimeSpan period, int maxKeys, TimeProvider clock) where TKey : notnull
{
    private readonly Lock _gate = new();

    // When a key will be as new: a moment in the past is worth no entry (GCRA, ITU-T I.371).
    private readonly Dictionary<TKey, TimeSpan> _fullAt = [];
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Keys known now.</summary>
    public int Keys
    {
        get
        {
            lock (_gate)
                return _fullAt.Count;
        }
    }

    /// <summary>Takes so many, or none and says after how long they could be had. More than the burst are taken as the burst.</summary>
    public TimeSpan? Take(TKey key, int count = 1)
    {
        var now = clock.GetElapsedTime(_start);
        lock (_gate)
        {
            // None is further ahead than its burst: one that is was taken before the clock went back.
            var from = _fullAt.TryGetValue(key, out var known) && known > now && known <= now + period * burst ? known : now;
            var fullAt = from + period * Math.Min(count, burst);
            var wait = fullAt - now - period * burst;
            if (wait > TimeSpan.Zero)
                return wait;
            if (known == default && _fullAt.Count >= maxKeys)
                MakeRoom(now);
            _fullAt[key] = fullAt;
            return null;
        }
    }

    private void MakeRoom(TimeSpan now)
    {
        foreach (var (key, fullAt) in _fullAt)
        {
            if (fullAt <= now)
                _fullAt.Remove(key);
        }
        // Or each next key would look through all of them.
        if (_fullAt.Count > maxKeys * 0.9)
            _fullAt.Clear();
    }
}
