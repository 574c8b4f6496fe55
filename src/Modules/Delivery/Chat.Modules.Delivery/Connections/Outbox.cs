using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// What waits to be written to one connection: events, which may be dropped when the reader is too slow, and answers to its own commands,
/// which may not. Guarded by its connection's lock.
/// </summary>
internal sealed class Outbox(int maxEvents, int maxBytes)
{
    private const int MaxBatch = 128;
    private const int MaxBatchBytes = 64 * 1024;

    private readonly Queue<(ServerEvent Event, bool IsAnswer)> _waiting = new();
    private Dictionary<(Type, object), ServerEvent>? _latest;
    private int _events;
    private int _bytes;

    public int Count => _waiting.Count;

    public int Answers => _waiting.Count - _events;

    public bool HasRoom => _events < maxEvents && _bytes < maxBytes;

    /// <summary>Puts an event behind the others, or in the place of one that says the same thing less well.</summary>
    public void Add(ServerEvent item)
    {
        if (item.CoalescingKey is { } key)
        {
            var waits = (_latest ??= []).ContainsKey((item.GetType(), key));
            _latest[(item.GetType(), key)] = item;
            if (waits)
                return;
        }
        _waiting.Enqueue((item, false));
        _events++;
        _bytes += item.Size;
    }

    public void AddAnswer(ServerEvent answer) => _waiting.Enqueue((answer, true));

    /// <summary>Takes the next ones to write, in order; as many as go well together.</summary>
    public void TakeBatch(List<ServerEvent> batch)
    {
        for (var bytes = 0; batch.Count < MaxBatch && bytes < MaxBatchBytes && _waiting.TryDequeue(out var next);)
        {
            bytes += next.Event.Size;
            if (!next.IsAnswer)
            {
                _events--;
                _bytes -= next.Event.Size;
            }
            batch.Add(next.Event.CoalescingKey is { } key && _latest!.Remove((next.Event.GetType(), key), out var latest) ? latest : next.Event);
        }
    }

    /// <summary>Drops the events, keeps the answers.</summary>
    public List<ServerEvent> DropEvents()
    {
        var dropped = new List<ServerEvent>(_events);
        for (var count = _waiting.Count; count > 0; count--)
        {
            var next = _waiting.Dequeue();
            if (next.IsAnswer)
                _waiting.Enqueue(next);
            else
                dropped.Add(next.Event);
        }
        _latest = null;
        _events = _bytes = 0;
        return dropped;
    }
}
