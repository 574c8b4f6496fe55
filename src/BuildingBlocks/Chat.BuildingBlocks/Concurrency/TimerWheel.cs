namespace Chat.BuildingBlocks.Concurrency;

/// <summary>
/// One timer for as many callbacks as there are connections. Callbacks are kept in a ring of slots, one for each tick, and a tick looks at one slot only. The
/// runtime's timers stand in one list, which it goes through several times a second.
/// </summary>
/// <remarks>
/// A hashed timing wheel (Varghese and Lauck, 1987): what is due after more than one turn of the ring, 102.4 s, is looked at once a turn.
/// </remarks>
public sealed class TimerWheel : IDisposable
{
    private const int Slots = 512;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _clock;
    private readonly long _started;
    private readonly ITimer _timer;
    private readonly List<WheelTimer> _due = [];
    private int _isTurning;

    // Both under the gate.
    private readonly Lock _gate = new();
    private readonly WheelTimer?[] _slots = new WheelTimer?[Slots];
    private long _now;

    public TimerWheel(TimeProvider clock)
    {
        (_clock, _started) = (clock, clock.GetTimestamp());
        // It outlives whoever made it: it must not keep a request's context alive.
        using (ExecutionContext.SuppressFlow())
            _timer = clock.CreateTimer(static wheel => ((TimerWheel)wheel!).Turn(), this, Tick, Tick);
    }

    public void Dispose() => _timer.Dispose();

    internal void Start(WheelTimer timer, TimeSpan after)
    {
        lock (_gate)
        {
            // One that is disposed meanwhile must not stand here until it is due.
            if (timer.IsDisposed)
                return;
            Unlink(timer);
            // Never early: a tick that has begun does not count.
            timer.DueAt = Math.Max(_now + 1, (long)Math.Ceiling((_clock.GetElapsedTime(_started) + after) / Tick));
            ref var first = ref _slots[timer.DueAt % Slots];
            timer.Next = first;
            if (first is not null)
                first.Previous = timer;
            first = timer;
            timer.IsLinked = true;
        }
    }

    internal void Stop(WheelTimer timer)
    {
        lock (_gate)
            Unlink(timer);
    }

    private void Turn()
    {
        // A turn that takes longer than a tick is not overtaken: the next one does what this one leaves.
        if (Interlocked.Exchange(ref _isTurning, 1) == 1)
            return;
        try
        {
            lock (_gate)
            {
                var now = (long)(_clock.GetElapsedTime(_started) / Tick);
                // After a pause of more than a turn, each slot once.
                for (var slot = Math.Max(_now + 1, now - Slots + 1); slot <= now; slot++)
                    TakeDue(slot % Slots, now);
                _now = now;
            }
            foreach (var timer in _due)
                timer.FireFromWheel();
        }
        finally
        {
            _due.Clear();
            Volatile.Write(ref _isTurning, 0);
        }
    }

    private void TakeDue(long slot, long now)
    {
        for (var timer = _slots[slot]; timer is not null;)
        {
            var next = timer.Next;
            if (timer.DueAt <= now)
            {
                Unlink(timer);
                _due.Add(timer);
            }
            timer = next;
        }
    }

    private void Unlink(WheelTimer timer)
    {
        if (!timer.IsLinked)
            return;
        if (timer.Previous is { } previous)
            previous.Next = timer.Next;
        else
            _slots[timer.DueAt % Slots] = timer.Next;
        if (timer.Next is { } next)
            next.Previous = timer.Previous;
        (timer.Next, timer.Previous, timer.IsLinked) = (null, null, false);
    }
}

/// <summary>A callback on a <see cref="TimerWheel"/>, once for each start.</summary>
public abstract class WheelTimer(TimerWheel wheel) : IDisposable
{
    private volatile bool _isDisposed;

    internal bool IsDisposed => _isDisposed;

    // The wheel's, under its gate.
    internal WheelTimer? Next { get; set; }

    internal WheelTimer? Previous { get; set; }

    internal long DueAt { get; set; }

    internal bool IsLinked { get; set; }

    /// <summary>No callback comes any more, except one that has begun.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        wheel.Stop(this);
        GC.SuppressFinalize(this);
    }

    internal void FireFromWheel()
    {
        if (!_isDisposed)
            Fire();
    }

    /// <summary>Has <see cref="Fire"/> called after this time: never earlier, and up to 0.2 s later. A start that has not been called yet is forgotten.</summary>
    protected void Start(TimeSpan after) => wheel.Start(this, after);

    /// <summary>Called on a thread that all timers of the wheel share: must neither wait nor throw.</summary>
    protected abstract void Fire();
}
