namespace Chat.Client;

/// <summary>
/// A connection's <c>delivered</c> acks. What follows close upon one of the same conversation goes together, as acks are cumulative.
/// </summary>
/// <param name="post">Says one; from any thread.</param>
/// <param name="clock">By which they are gathered.</param>
internal sealed class GatheredAcks(Action<IClientFrame> post, TimeProvider clock) : IDisposable
{
    // So many messages wait at most: the server pushes no more than its window (64 or more) while they are not acked.
    private const int MaxWaiting = 32;

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();

    // Under the gate, all below.
    private readonly Dictionary<string, Recent> _recent = [];
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
            if (!_recent.TryGetValue(conversationId, out var known) || (known.SeqNo is null && IsOld(known)))
            {
                Say(conversationId, seqNo);
                return;
            }
            _recent[conversationId] = known with { SeqNo = Math.Max(known.SeqNo ?? 0, seqNo) };
            _waiting += messages;
            if (_waiting >= MaxWaiting)
                SayAll();
            else
                _timer ??= clock.CreateTimer(_ => Flush(), null, Gathering, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Says what waits.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (!_ended)
                SayAll();
        }
    }

    /// <summary>Says what waits, and nothing more.</summary>
    public void Dispose()
    {
        Flush();
        lock (_gate)
            _ended = true;
    }

    private void SayAll()
    {
        _timer?.Dispose();
        _timer = null;
        _waiting = 0;
        foreach (var (conversationId, recent) in _recent)
        {
            if (recent.SeqNo is { } seqNo)
                Say(conversationId, seqNo);
            else if (IsOld(recent))
                _recent.Remove(conversationId);
        }
    }

    private void Say(string conversationId, long seqNo)
    {
        _recent[conversationId] = new Recent(clock.GetTimestamp(), null);
        post(new AckFrame(conversationId, seqNo, AckStatus.Delivered));
    }

    private bool IsOld(Recent recent) => clock.GetElapsedTime(recent.SaidAt) >= Gathering;

    /// <param name="SaidAt">When its last ack went out.</param>
    /// <param name="SeqNo">Up to where it waits to be acked, if it does.</param>
    private readonly record struct Recent(long SaidAt, long? SeqNo);
}
