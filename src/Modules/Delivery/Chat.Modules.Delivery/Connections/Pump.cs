namespace Chat.Modules.Delivery.Connections;

/// <summary>A step of a connection's work.</summary>
internal enum PumpStep
{
    Idle,
    Write,
    Drain,
    Resend,
    Read,
    Close,
    End,
}

/// <summary>The work of a pump. <see cref="Next"/> and <see cref="Begin"/> are called under the pump's gate.</summary>
internal interface IPumpWork
{
    /// <summary>The step that is due. Changes nothing.</summary>
    PumpStep Next();

    /// <summary>Called before the step runs: takes what it needs.</summary>
    void Begin(PumpStep step);

    /// <summary>Runs the step; must not throw.</summary>
    ValueTask RunAsync(PumpStep step);
}

/// <summary>Runs the steps of one connection, one at a time, until none is due. An idle connection has no task, only a flag.</summary>
internal sealed class Pump(Lock gate, IPumpWork work) : IThreadPoolWorkItem
{
    private int _running;

    public bool IsRunning => Volatile.Read(ref _running) != 0;

    /// <summary>Not running, and nothing is due.</summary>
    public bool IsIdle => !IsRunning && !IsDue();

    /// <summary>Runs what is due on the thread pool. Call after each change that may have made a step due, outside the gate.</summary>
    public void Schedule()
    {
        if (TryStart())
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    /// <summary>Runs what is due on the caller's thread until it has to wait; the rest continues asynchronously.</summary>
    public void Run()
    {
        if (TryStart())
            _ = RunAsync();
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private bool TryStart() => !IsRunning && IsDue() && Interlocked.Exchange(ref _running, 1) == 0;

    private bool IsDue()
    {
        lock (gate)
            return work.Next() is not PumpStep.Idle;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            PumpStep step;
            lock (gate)
            {
                step = work.Next();
                if (step is PumpStep.Idle)
                {
                    // Under the gate: a step that becomes due after this starts the pump again.
                    Volatile.Write(ref _running, 0);
                    return;
                }
                work.Begin(step);
            }
            await work.RunAsync(step);
        }
    }
}
