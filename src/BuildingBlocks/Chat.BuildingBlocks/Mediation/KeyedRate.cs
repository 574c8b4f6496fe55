namespace Chat.BuildingBlocks.Mediation;

/// <summary>
/// A rate limit for each key: a burst, and then one each period. A key has an entry only while its burst is not full again. When there are
/// <paramref name="maxKeys"/> entries, those with a full burst are removed; if that frees too few, all are removed, and every key has its burst again.
/// </summary>
/// <param name="burst">1 or more.</param>
/// <param name="period">The time from one to the next.</param>
/// <param name="maxKeys">The most entries.</param>
/// <param name="clock">Its monotonic time is used.</param>
public sealed class KeyedRate<TKey>(int burst, TimeSpan period, int maxKeys, TimeProvider clock) where TKey : notnull
{
    private readonly Lock _gate = new();

    // When a key's burst will be full again. A time in the past needs no entry (GCRA, ITU-T I.371).
    private readonly Dictionary<TKey, TimeSpan> _fullAt = [];
    private readonly long _start = clock.GetTimestamp();

    /// <summary>The number of entries.</summary>
    public int Keys
    {
        get
        {
            lock (_gate)
                return _fullAt.Count;
        }
    }

    /// <summary>Takes <paramref name="count"/>, at most the burst. Null when taken; else nothing is taken, and the answer is the time to wait.</summary>
    public TimeSpan? Take(TKey key, int count = 1)
    {
        var now = clock.GetElapsedTime(_start);
        lock (_gate)
        {
            // An entry further ahead than its burst dates from before the clock went back.
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
        // Otherwise each further new key would scan all entries.
        if (_fullAt.Count > maxKeys * 0.9)
            _fullAt.Clear();
    }
}
