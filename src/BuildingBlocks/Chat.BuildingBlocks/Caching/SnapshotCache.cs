using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Chat.BuildingBlocks.Caching;

/// <summary>A cached value at the time of a load.</summary>
/// <param name="IsStale">Whether the store may have changed: then it is read in full, without comparing versions first.</param>
public readonly record struct Snapshot<T>(T Value, bool IsStale);

/// <summary>
/// Caches what a store has, by key. After a change of the store is durable, and before it is answered, call <see cref="Put"/>, <see cref="Forget"/> or
/// <see cref="MarkStale"/>: later readers never get the old value. Changes by another node are seen when the cached value has reached its maximum age.
/// </summary>
/// <remarks>
/// A load adds its slot before it begins, and a change removes the slot. So a load that a change overtook answers its own callers only, and is not kept. When
/// the cache is full, slots that were not used since the last check are evicted (the clock algorithm).
/// </remarks>
/// <param name="maxWeight">The most weight of all snapshots together. A heavier snapshot is never kept.</param>
/// <param name="load">
/// Reads the store; null, which is not kept, if the store has nothing. It gets the old or stale snapshot, to compare with and to return again if it still
/// holds; null if there is none.
/// </param>
/// <param name="weigh">The weight of a snapshot.</param>
/// <param name="maxAge">How long a snapshot may be used after its load began; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
/// <param name="clock">Measures the age.</param>
public sealed class SnapshotCache<TKey, TSnapshot>(
    long maxWeight, Func<TKey, Snapshot<TSnapshot>?, Task<TSnapshot?>> load, Func<TSnapshot, int> weigh, ICacheMetrics metrics, TimeSpan maxAge,
    TimeProvider clock)
    where TKey : notnull where TSnapshot : class
{
    private readonly Lock _gate = new();

    // Both are written under _gate only; the dictionary is read without it.
    private readonly ConcurrentDictionary<TKey, Slot> _slots = new();
    private readonly LinkedList<Slot> _slotsByUse = new();
    private long _weight;
    private volatile int _doubts;

    /// <summary>The weight of all snapshots.</summary>
    public long Weight => Interlocked.Read(ref _weight);

    /// <summary>The keys of this moment that <see cref="Contains"/>.</summary>
    public IReadOnlyList<TKey> Keys => [.. _slots.Keys];

    /// <summary>Whether there is a snapshot, stale or not, or a load of one.</summary>
    public bool Contains(TKey key) => _slots.ContainsKey(key);

    /// <summary>The snapshot, if it is cached and not too old.</summary>
    public bool TryGet(TKey key, [NotNullWhen(true)] out TSnapshot? snapshot)
    {
        snapshot = null;
        if (_slots.TryGetValue(key, out var slot) && !MustLoad(slot))
            snapshot = slot.Snapshot;
        if (snapshot is null)
            return false;
        if (!slot!.Used)
            slot.Used = true;
        return true;
    }

    /// <summary>The snapshot, from memory or the store; null if the store has none. Concurrent callers share one load.</summary>
    public Task<TSnapshot?> FindAsync(TKey key)
    {
        Slot? slot;
        Snapshot<TSnapshot>? old = null;
        lock (_gate)
        {
            if (_slots.TryGetValue(key, out slot) && !MustLoad(slot))
            {
                slot.Used = true;
                return slot.Loaded.Task;
            }
            if (slot is not null)
            {
                if (slot.Snapshot is { } snapshot)
                    old = new Snapshot<TSnapshot>(snapshot, slot.IsStale);
                Drop(key);
            }
            _slots[key] = slot = NewSlot(key);
        }
        return LoadAsync(slot, old);
    }

    /// <summary>The store has this value now. Call in the order of a key's changes.</summary>
    public void Put(TKey key, TSnapshot snapshot)
    {
        lock (_gate)
        {
            Drop(key);
            Add(key, snapshot);
        }
    }

    /// <summary>The store has another value now, or none. May be called in any order.</summary>
    public void Forget(TKey key)
    {
        // A load that begins after this check reads the changed store.
        if (!_slots.ContainsKey(key))
            return;
        lock (_gate)
            Drop(key);
    }

    /// <summary>
    /// The store may have another value now: the next reader loads it, and the load gets the old snapshot. May be called in any order.
    /// </summary>
    public void MarkStale(TKey key)
    {
        lock (_gate)
        {
            if (_slots.TryGetValue(key, out var slot) && slot.Snapshot is not null)
                slot.IsStale = true;
            else
                Drop(key);
        }
    }

    /// <summary>Any snapshot may be outdated: the next reader of each compares it with the store.</summary>
    public void DoubtAll() => Interlocked.Increment(ref _doubts);

    private Slot NewSlot(TKey key) => new(key, maxAge == Timeout.InfiniteTimeSpan ? 0 : clock.GetTimestamp(), _doubts);

    private bool MustLoad(Slot slot) => slot.IsStale || slot.Doubts != _doubts || IsTooOld(slot);

    private bool IsTooOld(Slot slot) => maxAge != Timeout.InfiniteTimeSpan && clock.GetElapsedTime(slot.Begun) > maxAge;

    private async Task<TSnapshot?> LoadAsync(Slot slot, Snapshot<TSnapshot>? old)
    {
        metrics.Loaded();
        try
        {
            var snapshot = await load(slot.Key, old);
            Settle(slot, snapshot);
            slot.Loaded.SetResult(snapshot);
            return snapshot;
        }
        catch (Exception e)
        {
            Settle(slot, null);
            KeepStale(slot.Key, old);
            slot.Loaded.SetException(e);
            // Marks the exception as observed: this call throws it, and there may be no other caller.
            _ = slot.Loaded.Task.Exception;
            throw;
        }
    }

    private void Settle(Slot slot, TSnapshot? snapshot)
    {
        lock (_gate)
        {
            if (!_slots.TryGetValue(slot.Key, out var current) || current != slot)
                return;
            if (snapshot is null)
                Drop(slot.Key);
            else
                Keep(slot, snapshot);
        }
    }

    // Keeps the old snapshot, so that the next load can compare with it.
    private void KeepStale(TKey key, Snapshot<TSnapshot>? old)
    {
        lock (_gate)
        {
            if (old is { } known && !_slots.ContainsKey(key))
                Add(key, known.Value).IsStale = true;
        }
    }

    private Slot Add(TKey key, TSnapshot snapshot)
    {
        var slot = NewSlot(key);
        slot.Loaded.SetResult(snapshot);
        _slots[key] = slot;
        Keep(slot, snapshot);
        return slot;
    }

    private void Keep(Slot slot, TSnapshot snapshot)
    {
        slot.Weight = weigh(snapshot);
        if (slot.Weight > maxWeight)
        {
            Drop(slot.Key);
            return;
        }
        slot.Node = _slotsByUse.AddLast(slot);
        slot.Snapshot = snapshot;
        Weigh(slot.Weight);
        MakeRoom();
    }

    private void MakeRoom()
    {
        // At most one more round, however often others use the slots.
        var chances = _slotsByUse.Count;
        while (_weight > maxWeight)
        {
            var oldest = _slotsByUse.First!;
            if (oldest.Value.Used && chances-- > 0)
            {
                oldest.Value.Used = false;
                _slotsByUse.RemoveFirst();
                _slotsByUse.AddLast(oldest);
                continue;
            }
            Drop(oldest.Value.Key);
            metrics.Evicted();
        }
    }

    private void Drop(TKey key)
    {
        if (!_slots.TryRemove(key, out var slot) || slot.Node is not { } node)
            return;
        _slotsByUse.Remove(node);
        Weigh(-slot.Weight);
    }

    private void Weigh(int more)
    {
        Interlocked.Add(ref _weight, more);
        metrics.Weighs(more);
    }

    private sealed class Slot(TKey key, long begun, int doubts)
    {
        private volatile TSnapshot? _snapshot;
        private volatile bool _used;
        private volatile bool _isDoubtful;

        public TKey Key => key;

        /// <summary>When the load began: the snapshot is at least as new.</summary>
        public long Begun => begun;

        /// <summary>The number of calls of <see cref="DoubtAll"/> before the load began.</summary>
        public int Doubts => doubts;

        /// <summary>Null until it is loaded.</summary>
        public TSnapshot? Snapshot { get => _snapshot; set => _snapshot = value; }

        public TaskCompletionSource<TSnapshot?> Loaded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Used { get => _used; set => _used = value; }

        /// <summary>The snapshot may be outdated: kept only for the next load to compare with.</summary>
        public bool IsStale { get => _isDoubtful; set => _isDoubtful = value; }

        // Null until loaded. Guarded by the cache's gate, like Weight.
        public LinkedListNode<Slot>? Node { get; set; }

        public int Weight { get; set; }
    }
}
