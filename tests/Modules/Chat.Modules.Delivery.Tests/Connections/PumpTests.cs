using Chat.Modules.Delivery.Connections;
using Chat.Testing;

namespace Chat.Modules.Delivery.Tests.Connections;

public sealed class PumpTests
{
    private readonly Work _work = new();

    [Fact]
    public async Task It_runs_what_is_due_step_by_step_and_then_rests()
    {
        _work.Add(PumpStep.Drain, PumpStep.Read, PumpStep.Write);
        Assert.False(_work.Pump.IsIdle);

        _work.Pump.Schedule();
        await Wait.UntilAsync(() => _work.Pump.IsIdle, "rest");

        Assert.Equal([PumpStep.Drain, PumpStep.Read, PumpStep.Write], _work.Done);
    }

    [Fact]
    public void On_the_callers_thread_it_runs_as_far_as_it_need_not_wait()
    {
        _work.Add(PumpStep.Write, PumpStep.Write);

        _work.Pump.Run();

        Assert.Equal(2, _work.Done.Count);
        Assert.True(_work.Pump.IsIdle);
    }

    [Fact]
    public async Task Where_a_step_waits_the_rest_follows_by_itself()
    {
        _work.Add(PumpStep.Write, PumpStep.Read);
        _work.Waits = new TaskCompletionSource();

        _work.Pump.Run();
        Assert.True(_work.Pump.IsRunning);
        _work.Pump.Run();
        Assert.Empty(_work.Done);
        _work.Waits.SetResult();

        await Wait.UntilAsync(() => _work.Pump.IsIdle, "rest");
        Assert.Equal([PumpStep.Write, PumpStep.Read], _work.Done);
    }

    [Fact]
    public void With_nothing_due_nothing_runs()
    {
        _work.Pump.Run();

        Assert.Empty(_work.Done);
        Assert.False(_work.Pump.IsRunning);
    }

    [Fact]
    public async Task However_many_threads_add_steps_one_runs_at_a_time_and_none_is_left()
    {
        const int Threads = 8, Each = 2_000;

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                _work.Add(PumpStep.Write);
                if (thread % 2 == 0)
                    _work.Pump.Schedule();
                else
                    _work.Pump.Run();
            }
        }, TestContext.Current.CancellationToken)));
        await Wait.UntilAsync(() => _work.Pump.IsIdle, "rest");

        Assert.Equal(Threads * Each, _work.Done.Count);
        Assert.False(_work.Overlapped);
    }

    private sealed class Work : IPumpWork
    {
        private readonly Lock _gate = new();
        private readonly Queue<PumpStep> _due = new();
        private int _running;

        public Work() => Pump = new Pump(_gate, this);

        public Pump Pump { get; }

        public List<PumpStep> Done { get; } = [];

        public TaskCompletionSource? Waits { get; set; }

        public bool Overlapped { get; private set; }

        public void Add(params PumpStep[] steps)
        {
            lock (_gate)
            {
                foreach (var step in steps)
                    _due.Enqueue(step);
            }
        }

        public PumpStep Next() => _due.TryPeek(out var step) ? step : PumpStep.Idle;

        public void Begin(PumpStep step) => _due.Dequeue();

        public async ValueTask RunAsync(PumpStep step)
        {
            Overlapped |= Interlocked.Increment(ref _running) > 1;
            if (Waits is { } waits)
                await waits.Task;
            Done.Add(step);
            Interlocked.Decrement(ref _running);
        }
    }
}
