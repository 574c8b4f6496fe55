using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Chat.Modules.Groups.Caching;

/// <summary>What was in memory before a load.</summary>
/// <param name="IsStale">Whether the store is known to have been changed, perhaps: then it is read whatever a cheaper look says.</param>
internal readonly record struct Snapshot<T>(T Value, bool IsStale);

/// <summary>
/// What a store has, by key, kept in memory for as long as it is in use. Whoever changes the store calls <see cref="Put"/>,
/// <see cref="Forget"/> or <see cref="MarkStale"/> after the change is durable and before it is answered: from then on nobody who asks is told what was before. What
/// another node changes is told when what is in memory has reached its age.
/// </summary>
/// <remarks>
/// A load takes its slot before it begins, and a change takes the slot away: a load that was overtaken answers those who asked before the
/// change was answered, and is not kept. When full, slots that were not used since they were last looked at make room (a clock).
/// </remarks>
/// <param name="maxWeight">What the snapshots may weigh together; one that is heavier alone is never kept.</param>
/// <param name="load">
/// Reads the store, null where it has nothing; that is not kept. Given the snapshot that has reached its age or is in doubt, to be compared
/// with and, where it still holds, returned again; null where there is none.
/// </param>
/// <param name="weigh">What a snapshot counts towards <paramref name="maxWeight"/>.</param>
/// <param name="maxAge">How long a snapshot is told once its load began, <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
/// <param name="clock">Tells the age.</param>
internal sealed class SnapshotCache<TKey, TSnapshot>(
    long maxWeight, Func<TKey, Snapshot<TSnapshot>?, Task<TSnapshot?>> load, Func<TSnapshot, int> weigh, GroupsMetrics.Cache metrics, TimeSpan maxAge,
    TimeProvider clock)
    where TKey : notnull where TSnapshot : class
{
    private readonly Lock _gate = new();

    // Both written under _gate alone; the dictionary is read without.
    private readonly ConcurrentDictionary<TKey, Slot> _slots = new();
    private readonly LinkedList<Slot> _slotsByUse = new();
    private long _weight;

    /// <summary>What the snapshots in memory weigh together.</summary>
    public long Weight => Interlocked.Read(ref _weight);

    /// <summary>The snapshot, where it is in memory and not too old.</summary>
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

    /// <summary>The snapshot from memory or the store, null where the store has none. Whoever asks during a load waits for that one.</summary>
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

    /// <summary>The store has this now. Calls for one key come in the order of the changes.</summary>
    public void Put(TKey key, TSnapshot snapshot)
    {
        lock (_gate)
        {
            Drop(key);
            Add(key, snapshot);
        }
    }

    /// <summary>The store has something else now, or nothing. Calls come in any order.</summary>
    public void Forget(TKey key)
    {
        // A load that begins after this look reads the store after the change.
        if (!_slots.ContainsKey(key))
            return;
        lock (_gate)
            Drop(key);
    }

    /// <summary>
    /// The store may have something else now: the next who asks reads it, and the load is shown what was here. Calls come in any order.
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

    private Slot NewSlot(TKey key) => new(key, maxAge == Timeout.InfiniteTimeSpan ? 0 : clock.GetTimestamp());

    private bool MustLoad(Slot slot) => slot.IsStale || IsTooOld(slot);

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
            // Observed: this call throws it too, and there may be nobody else.
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

    // The next load is to have something to compare with, too.
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
        // One more round for each at most, however fast others use them.
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

    private sealed class Slot(TKey key, long begun)
    {
        private volatile TSnapshot? _snapshot;
        private volatile bool _used;
        private volatile bool _isDoubtful;

        public TKey Key => key;

        /// <summary>When what is here was true at the earliest.</summary>
        public long Begun => begun;

        /// <summary>Null until it is loaded.</summary>
        public TSnapshot? Snapshot { get => _snapshot; set => _snapshot = value; }

        public TaskCompletionSource<TSnapshot?> Loaded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Used { get => _used; set => _used = value; }

        /// <summary>What is here may not be so any more: it is only for the next load to compare with.</summary>
        public bool IsStale { get => _isDoubtful; set => _isDoubtful = value; }

        // Null until it is loaded; with Weight, under the cache's gate.
        public LinkedListNode<Slot>? Node { get; set; }

        public int Weight { get; set; }
    }
}
