using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// What waits to be written to one connection: events, which may be dropped if the client is too slow, and answers to its commands, which may not. Guarded by
/// the connection's gate.
/// </summary>
internal sealed class SendQueue(int maxEvents, int maxBytes, int maxAnswers, int maxAnswerBytes)
{
    private const int MaxBatch = 128;
    private const int MaxBatchBytes = 64 * 1024;

    private readonly Queue<(ServerEvent Event, bool IsAnswer)> _waiting = new();
    private Dictionary<(Type, object), ServerEvent>? _latest;
    private TaskCompletionSource? _roomForAnswers;
    private int _events;
    private int _bytes;
    private int _answerBytes;

    public int Count => _waiting.Count;

    public bool HasRoom => _events < maxEvents && _bytes < maxBytes;

    /// <summary>Messages can be read from the log later, so they use at most half of the room; other events cannot.</summary>
    public bool HasRoomForMessages => _events < maxEvents / 2 && _bytes < maxBytes / 2;

    /// <summary>An answer larger than the limit is accepted if no other answer waits.</summary>
    public bool HasRoomFor(ServerEvent answer) =>
        _waiting.Count - _events < maxAnswers && (_answerBytes == 0 || _answerBytes + answer.Size <= maxAnswerBytes);

    /// <summary>Completes when there may be room for an answer, or when the connection ended. May be awaited on any thread.</summary>
    public Task RoomForAnswers => (_roomForAnswers ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Adds an event at the end, or replaces one with the same key that it supersedes.</summary>
    public void Add(ServerEvent item)
    {
        if (item.CoalescingKey is { } key)
        {
            var waits = (_latest ??= []).TryGetValue((item.GetType(), key), out var other);
            if (other is null || item.Supersedes(other))
                _latest[(item.GetType(), key)] = item;
            if (waits)
                return;
        }
        _waiting.Enqueue((item, false));
        _events++;
        _bytes += item.Size;
    }

    public void AddAnswer(ServerEvent answer)
    {
        _waiting.Enqueue((answer, true));
        _answerBytes += answer.Size;
    }

    /// <summary>Takes the next batch to write, in order.</summary>
    public void TakeBatch(List<ServerEvent> batch)
    {
        for (var bytes = 0; batch.Count < MaxBatch && bytes < MaxBatchBytes && _waiting.TryDequeue(out var next);)
        {
            bytes += next.Event.Size;
            batch.Add(next.IsAnswer ? TakeAnswer(next.Event) : TakeEvent(next.Event));
        }
        ReleaseAnswers();
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

    /// <summary>The connection ended: completes <see cref="RoomForAnswers"/>.</summary>
    public void End() => ReleaseAnswers();

    private void ReleaseAnswers()
    {
        _roomForAnswers?.TrySetResult();
        _roomForAnswers = null;
    }

    private ServerEvent TakeAnswer(ServerEvent answer)
    {
        _answerBytes -= answer.Size;
        return answer;
    }

    private ServerEvent TakeEvent(ServerEvent item)
    {
        _events--;
        _bytes -= item.Size;
        return item.CoalescingKey is { } key && _latest!.Remove((item.GetType(), key), out var latest) ? latest : item;
    }
}
