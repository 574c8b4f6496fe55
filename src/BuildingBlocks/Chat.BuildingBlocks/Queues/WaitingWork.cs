namespace Chat.BuildingBlocks.Queues;

/// <summary>Counts work that waits for a store, so that no more is taken than there is room for, and it shows when the store stands still.</summary>
/// <param name="maxItems">Items that may wait.</param>
/// <param name="maxBytes">What they may take together; an item that is larger is taken where it waits alone.</param>
/// <param name="clock">Of the waiting.</param>
public sealed class WaitingWork(int maxItems, long maxBytes, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Item> _items = new();
    private long _bytes;

    public int Count
    {
        get
        {
            lock (_lock)
                return _items.Count;
        }
    }

    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>How long the one that waits longest has waited; zero where none waits.</summary>
    public TimeSpan OldestWait
    {
        get
        {
            lock (_lock)
                return _items.First is { } oldest ? clock.GetElapsedTime(oldest.Value.Since) : TimeSpan.Zero;
        }
    }

    /// <summary>Takes an item in; to be disposed of once, when it no longer waits. Null where there is no room.</summary>
    /// <param name="bytes">What it takes, about.</param>
    public IDisposable? TryEnter(long bytes)
    {
        lock (_lock)
        {
            if (_items.Count >= maxItems || (_items.Count > 0 && _bytes + bytes > maxBytes))
                return null;
            _bytes += bytes;
            var item = new Item(this, bytes, clock.GetTimestamp());
            item.Node = _items.AddLast(item);
            return item;
        }
    }

    private sealed class Item(WaitingWork waiting, long bytes, long since) : IDisposable
    {
        public long Since => since;

        public LinkedListNode<Item> Node { get; set; } = null!;

        public void Dispose()
        {
            lock (waiting._lock)
            {
                waiting._items.Remove(Node);
                waiting._bytes -= bytes;
            }
        }
    }
}
