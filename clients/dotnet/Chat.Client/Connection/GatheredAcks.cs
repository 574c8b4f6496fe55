namespace Chat.Client;

/// <summary>
/// A connection's <c>delivered</c> acks. A conversation's first goes out at once; what follows close upon it goes together, as acks are
/// cumulative.
/// </summary>
/// <param name="post">Says one; from any thread.</param>
/// <param name="clock">By which they are gathered.</param>
internal sealed class GatheredAcks(Action<ClientFrame> post, TimeProvider clock) : IDisposable
{
    // So many messages wait at most: the server pushes no more than its window (64 or more) while they are not acked.
    private const int MaxWaiting = 32;

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();

    // Up to where each conversation waits to be acked; null where one has just gone out and nothing has come since. Under the gate, all below.
    private readonly Dictionary<string, long?> _recent = [];
    private ITimer? _timer;
    private int _waiting;
    private bool _ended;

    /// <param name="conversationId">Where.</param>
    /// <param name="seqNo">Up to here.</param>
    /// <param name="messages">How many more this acks.</param>
    public void Add(string conversationId, long seqNo, int messages)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            if (!_recent.TryGetValue(conversationId, out var waiting))
            {
                _recent.Add(conversationId, null);
                Say(conversationId, seqNo);
            }
            else
            {
                _recent[conversationId] = Math.Max(waiting ?? 0, seqNo);
                _waiting += messages;
                if (_waiting >= MaxWaiting)
                    Flush();
            }
            _timer ??= clock.CreateTimer(_ => Turn(), null, Gathering, Gathering);
        }
    }

    /// <summary>What waits is not said any more: it comes again on the next connection.</summary>
    public void Dispose()
    {
        lock (_gate)
            _ended = true;
        _timer?.Dispose();
    }

    private void Turn()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            foreach (var (conversationId, waiting) in _recent)
            {
                if (waiting is null)
                    _recent.Remove(conversationId);
            }
            Flush();
            if (_recent.Count > 0)
                return;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void Flush()
    {
        _waiting = 0;
        foreach (var (conversationId, waiting) in _recent)
        {
            _recent[conversationId] = null;
            if (waiting is { } seqNo)
                Say(conversationId, seqNo);
        }
    }

    private void Say(string conversationId, long seqNo) => post(new AckFrame(conversationId, seqNo, AckStatus.Delivered));
}
