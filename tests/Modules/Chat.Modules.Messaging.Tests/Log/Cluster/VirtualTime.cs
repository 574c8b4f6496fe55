namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>
/// One thread, a clock that only its events move, and a seed: whatever is awaited in its contexts runs in an order that the seed alone
/// decides, and the same again with the same seed.
/// </summary>
internal sealed class VirtualTime(int seed) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long At, int Tie)> _events = new();
    private long _now;

    public Random Random { get; } = new(seed);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(_now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(this, callback, state, dueTime, period);

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public TimeSpan Between(double fromMs, double toMs) => TimeSpan.FromMilliseconds(fromMs + Random.NextDouble() * (toMs - fromMs));

    public void At(TimeSpan delay, Action action) => _events.Enqueue(action, (_now + Math.Max(0, delay.Ticks), Random.Next()));

    /// <summary>Completes after a while, in the context of whoever awaits it.</summary>
    public Task After(TimeSpan delay)
    {
        var done = new TaskCompletionSource();
        At(delay, done.SetResult);
        return done.Task;
    }

    /// <summary>Runs events until the task is done.</summary>
    /// <exception cref="InvalidOperationException">Nothing is left to happen, or five minutes have passed.</exception>
    public void RunUntilDone(Task task)
    {
        while (!task.IsCompleted)
        {
            if (!_events.TryDequeue(out var action, out var when))
                throw new InvalidOperationException("Everyone waits for something that nobody will do.");
            _now = Math.Max(_now, when.At);
            if (_now > TimeSpan.FromMinutes(5).Ticks)
                throw new InvalidOperationException("Five minutes have passed, and it is not done.");
            action();
        }
        task.GetAwaiter().GetResult();
    }

    private sealed class Timer : ITimer
    {
        private readonly VirtualTime _time;
        private readonly Action _fire;

        // Of the last change: what was due by an earlier one does not happen.
        private int _changes;

        public Timer(VirtualTime time, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_time, _fire) = (time, () => callback(state));
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var change = ++_changes;
            if (dueTime < TimeSpan.Zero)
                return true;
            _time.At(dueTime, () =>
            {
                if (_changes != change)
                    return;
                Change(period, period);
                _fire();
            });
            return true;
        }

        public void Dispose() => _changes++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>A process in virtual time: it can be stopped for a while, as by a long collection, and killed.</summary>
internal sealed class VirtualProcess(VirtualTime time) : SynchronizationContext
{
    private readonly List<(SendOrPostCallback, object?)> _held = [];
    private bool _paused;

    public bool IsDead { get; private set; }

    public void Kill() => IsDead = true;

    public void Pause() => _paused = true;

    public void Resume()
    {
        _paused = false;
        foreach (var (callback, state) in _held)
            Post(callback, state);
        _held.Clear();
    }

    public override void Post(SendOrPostCallback d, object? state) => time.At(time.Between(0, 0.2), () => Run(d, state));

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Begins work in this process.</summary>
    public Task<T> Start<T>(Func<Task<T>> work)
    {
        var result = new TaskCompletionSource<T>();
        Post(async _ =>
        {
            try
            {
                result.TrySetResult(await work());
            }
            catch (Exception e)
            {
                result.TrySetException(e);
            }
        }, null);
        return result.Task;
    }

    private void Run(SendOrPostCallback callback, object? state)
    {
        if (IsDead)
            return;
        if (_paused)
        {
            _held.Add((callback, state));
            return;
        }
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
