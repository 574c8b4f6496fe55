namespace Chat.Client;

/// <summary>A map that forgets what was used longest ago when it holds too many values, or too much weight. For any thread.</summary>
/// <param name="mostWeight">Of all values together; a heavier one is not taken.</param>
/// <param name="mostValues">How many values.</param>
internal sealed class Bounded<T>(long mostWeight, int mostValues)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = [];    // under the gate
    private readonly LinkedList<Entry> _byUse = [];                              // under the gate; the last used is the last
    private long _weight;                                                        // under the gate

    public bool TryGet(string key, out T value)
    {
        lock (_gate)
        {
            value = default!;
            if (!_entries.TryGetValue(key, out var node))
                return false;
            _byUse.Remove(node);
            _byUse.AddLast(node);
            value = node.Value.Value;
            return true;
        }
    }

    public void Set(string key, T value, long weight)
    {
        lock (_gate)
        {
            Remove(key);
            if (weight > mostWeight || mostValues == 0)
                return;
            _entries[key] = _byUse.AddLast(new Entry(key, value, weight));
            _weight += weight;
            while (_weight > mostWeight || _entries.Count > mostValues)
                Remove(_byUse.First!.Value.Key);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            _byUse.Clear();
            _weight = 0;
        }
    }

    private void Remove(string key)
    {
        if (!_entries.Remove(key, out var node))
            return;
        _byUse.Remove(node);
        _weight -= node.Value.Weight;
    }

    private sealed record Entry(string Key, T Value, long Weight);
}
