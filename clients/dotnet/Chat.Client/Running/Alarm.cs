namespace Chat.Client;

internal static class SteadyTime
{
    /// <summary>A time that no clock's setting moves, for what waits a while; it is nobody's date.</summary>
    public static DateTimeOffset SteadyNow(this TimeProvider clock) => DateTimeOffset.UnixEpoch + clock.GetElapsedTime(0);
}

/// <summary>Wakes once at a time, on the loop. Set on the loop alone.</summary>
internal sealed class Alarm : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;

    /// <param name="clock">By which it wakes.</param>
    /// <param name="ring">Called from the timer's thread: to ask for work and return.</param>
    public Alarm(TimeProvider clock, Action ring)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Wakes at that steady time, instead of the one before; null for not at all.</summary>
    public void SetFor(DateTimeOffset? at)
    {
        var pause = at is { } time ? time - _clock.SteadyNow() : Timeout.InfiniteTimeSpan;
        _timer.Change(at is null || pause > TimeSpan.Zero ? pause : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
