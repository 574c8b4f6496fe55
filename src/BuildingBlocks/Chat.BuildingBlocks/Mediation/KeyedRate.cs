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

    // How many bursts a key may be behind: by what is taken elsewhere more than the one here.
    private const int MaxBurstsBehind = 64;

    // When a key's burst will be full again. A time in the past needs no entry (GCRA, ITU-T I.371).
    private readonly Dictionary<TKey, TimeSpan> _fullAt = [];
    private readonly long _start = clock.GetTimestamp();

    // Under _gate. What was taken here since it was last shared, of at most so many keys as there are entries; null while it is not shared.
    private Dictionary<TKey, int>? _taken;
    private int _burstsBehind = 1;

    /// <summary>The time from one to the next.</summary>
    public TimeSpan Period => period;

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
            var (known, from) = StateOf(key, now);
            var fullAt = from + period * Math.Min(count, burst);
            var wait = fullAt - now - period * burst;
            if (wait > TimeSpan.Zero)
                return wait;
            if (known == default && _fullAt.Count >= maxKeys)
                MakeRoom(now);
            _fullAt[key] = fullAt;
            if (_taken is not null && (_taken.Count < maxKeys || _taken.ContainsKey(key)))
                _taken[key] = _taken.GetValueOrDefault(key) + Math.Min(count, burst);
            return null;
        }
    }

    /// <summary>Counts what was taken elsewhere, though it be more than there was. For a key without an entry there must be room.</summary>
    public void TakeElsewhere(TKey key, int count)
    {
        var now = clock.GetElapsedTime(_start);
        lock (_gate)
        {
            _burstsBehind = MaxBurstsBehind;
            var (known, from) = StateOf(key, now);
            if (known == default && _fullAt.Count >= maxKeys)
                return;
            var (fullAt, furthest) = (from + period * Math.Min(count, burst * MaxBurstsBehind), now + period * burst * MaxBurstsBehind);
            _fullAt[key] = fullAt < furthest ? fullAt : furthest;
        }
    }

    /// <summary>What was taken here since the last call, by key; nothing at the first call, as it is counted from there on.</summary>
    public IReadOnlyDictionary<TKey, int> ShareTaken()
    {
        lock (_gate)
        {
            var taken = _taken;
            if (taken is null or { Count: > 0 })
                _taken = [];
            return taken ?? [];
        }
    }

    /// <summary>What is taken here is no longer counted for others.</summary>
    public void EndSharing()
    {
        lock (_gate)
            _taken = null;
    }

    // When the key's burst is full, if it has an entry, and from where what is taken counts.
    private (TimeSpan Known, TimeSpan From) StateOf(TKey key, TimeSpan now)
    {
        // An entry further ahead dates from before the clock went back.
        var isBehind = _fullAt.TryGetValue(key, out var known) && known > now && known <= now + period * burst * _burstsBehind;
        return (known, isBehind ? known : now);
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
