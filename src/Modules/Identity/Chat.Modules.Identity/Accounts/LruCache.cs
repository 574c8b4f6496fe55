using System.Diagnostics.CodeAnalysis;

namespace Chat.Modules.Identity.Accounts;

/// <summary>A cache of limited size that removes the least recently used value first. Not thread-safe.</summary>
internal sealed class LruCache<TKey, TValue>(int capacity) where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _byUse = [];

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_nodes.TryGetValue(key, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
            value = node.Value.Value;
            return true;
        }
        value = default;
        return false;
    }

    public void Set(TKey key, TValue value)
    {
        Remove(key);
        if (_nodes.Count >= capacity)
            Remove(_byUse.First!.Value.Key);
        _nodes[key] = _byUse.AddLast((key, value));
    }

    public void Remove(TKey key)
    {
        if (_nodes.Remove(key, out var node))
            _byUse.Remove(node);
    }
}
