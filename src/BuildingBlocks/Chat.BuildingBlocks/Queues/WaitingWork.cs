namespace Chat.BuildingBlocks.Queues;

/// <summary>Counts the work that waits for a store: limits it, and tells how long the oldest has waited.</summary>
/// <param name="maxItems">The most items.</param>
/// <param name="maxBytes">The most bytes of all items together. A larger item is accepted when nothing else waits.</param>
/// <param name="clock">Measures the waiting.</param>
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

    /// <summary>How long the oldest item has waited; zero if none waits.</summary>
    public TimeSpan OldestWait
    {
        get
        {
            lock (_lock)
                return _items.First is { } oldest ? clock.GetElapsedTime(oldest.Value.Since) : TimeSpan.Zero;
        }
    }

    /// <summary>Adds an item. Dispose it once, when it no longer waits. Null if there is no room.</summary>
    /// <param name="bytes">Its size, about.</param>
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
