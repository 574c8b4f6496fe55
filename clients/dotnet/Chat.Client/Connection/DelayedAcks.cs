namespace Chat.Client;

/// <summary>
/// The <c>delivered</c> acks of one connection. Acks are cumulative, so one that follows another closely waits for the next.
/// </summary>
/// <param name="send">Called from any thread.</param>
/// <param name="clock">Measures the delay.</param>
internal sealed class DelayedAcks(Action<IClientFrame> send, TimeProvider clock) : IDisposable
{
    // When this many messages wait to be acked, all acks go out: the server stops pushing when its window (64 or more) is full.
    private const int MaxWaiting = 32;

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();

    // Under the gate, all below.
    private readonly Dictionary<string, Recent> _recent = [];
    private ITimer? _timer;
    private int _waiting;
    private bool _ended;

    /// <summary>Acks a conversation up to a seqNo.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="seqNo">The highest seqNo that is stored.</param>
    /// <param name="messages">How many messages it acks that no earlier call did.</param>
    public void Add(string conversationId, long seqNo, int messages)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            if (!_recent.TryGetValue(conversationId, out var known) || (known.SeqNo is null && IsOld(known)))
            {
                SendAck(conversationId, seqNo);
                return;
            }
            _recent[conversationId] = known with { SeqNo = Math.Max(known.SeqNo ?? 0, seqNo) };
            _waiting += messages;
            if (_waiting >= MaxWaiting)
                SendAll();
            else
                _timer ??= clock.CreateTimer(_ => Flush(), null, Delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sends all acks that wait.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (!_ended)
                SendAll();
        }
    }

    /// <summary>Sends all acks that wait, and no more after that.</summary>
    public void Dispose()
    {
        Flush();
        lock (_gate)
            _ended = true;
    }

    private void SendAll()
    {
        _timer?.Dispose();
        _timer = null;
        _waiting = 0;
        foreach (var (conversationId, recent) in _recent)
        {
            if (recent.SeqNo is { } seqNo)
                SendAck(conversationId, seqNo);
            else if (IsOld(recent))
                _recent.Remove(conversationId);
        }
    }

    private void SendAck(string conversationId, long seqNo)
    {
        _recent[conversationId] = new Recent(clock.GetTimestamp(), null);
        send(new AckFrame(conversationId, seqNo, AckStatus.Delivered));
    }

    private bool IsOld(Recent recent) => clock.GetElapsedTime(recent.SentAt) >= Delay;

    /// <param name="SentAt">When its last ack was sent.</param>
    /// <param name="SeqNo">The seqNo that waits to be acked, if one does.</param>
    private readonly record struct Recent(long SentAt, long? SeqNo);
}
