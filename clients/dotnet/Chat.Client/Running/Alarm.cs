namespace Chat.Client;

internal static class SteadyTime
{
    /// <summary>A time for measuring, which does not jump when the clock is set; not a date.</summary>
    public static DateTimeOffset SteadyNow(this TimeProvider clock) => DateTimeOffset.UnixEpoch + clock.GetElapsedTime(0);
}

/// <summary>A timer for one moment. Set only on the loop.</summary>
internal sealed class Alarm : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;

    /// <summary>Not set at first.</summary>
    /// <param name="clock">Measures the time.</param>
    /// <param name="ring">Called on the timer's thread; must only start work.</param>
    public Alarm(TimeProvider clock, Action ring)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Rings at that steady time instead of the one before; null: not at all.</summary>
    public void SetFor(DateTimeOffset? at)
    {
        var pause = at is { } time ? time - _clock.SteadyNow() : Timeout.InfiniteTimeSpan;
        _timer.Change(at is null || pause > TimeSpan.Zero ? pause : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
