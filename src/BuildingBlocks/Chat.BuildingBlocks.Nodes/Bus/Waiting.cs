using System.Diagnostics.CodeAnalysis;

namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>A queue with room for so many messages and bytes. Not safe for threads.</summary>
internal sealed class Waiting<T>(int maxMessages, long maxBytes, NodesMetrics metrics)
{
    private readonly Queue<(T Item, int Messages, int Bytes)> _items = new();
    private int _messages;
    private long _bytes;

    public bool IsEmpty => _items.Count == 0;

    /// <summary>False where there is no room; an item is taken whatever its size where none waits.</summary>
    public bool TryAdd(T item, int messages, int bytes)
    {
        if (_items.Count > 0 && (_messages + messages > maxMessages || _bytes + bytes > maxBytes))
            return false;
        _items.Enqueue((item, messages, bytes));
        Count(messages, bytes);
        return true;
    }

    public bool TryPeek([MaybeNullWhen(false)] out T item)
    {
        var any = _items.TryPeek(out var first);
        item = first.Item;
        return any;
    }

    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        var any = _items.TryDequeue(out var first);
        item = first.Item;
        if (any)
            Count(-first.Messages, -first.Bytes);
        return any;
    }

    /// <returns>How many messages waited.</returns>
    public int Clear()
    {
        var messages = _messages;
        _items.Clear();
        Count(-_messages, -_bytes);
        return messages;
    }

    private void Count(int messages, long bytes)
    {
        _messages += messages;
        _bytes += bytes;
        metrics.Waits(messages, bytes);
    }
}
