namespace Chat.Host.Transports;

/// <summary>
/// Calls back when a connection's token expires. Renewed from any thread. The remaining time is measured by a clock that cannot be set:
/// when the wall clock is set back by a month, nobody stays connected for a month.
/// </summary>
internal sealed class TokenLease : IDisposable
{
    // A timer cannot be set for longer than 49 days; a longer wait is checked again.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Action _expired;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    // A timestamp of the clock.
    private long _endsAt;

    public TokenLease(DateTimeOffset expiresAt, Action expired, TimeProvider clock)
    {
        (_expired, _clock) = (expired, clock);
        _endsAt = EndOf(expiresAt);
        // The timer lives as long as the connection: it must not keep the request's context alive.
        using (ExecutionContext.SuppressFlow())
            _timer = clock.CreateTimer(static lease => ((TokenLease)lease!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Check();
    }

    public void Renew(DateTimeOffset expiresAt)
    {
        Volatile.Write(ref _endsAt, EndOf(expiresAt));
        Check();
    }

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        var left = _clock.GetElapsedTime(_clock.GetTimestamp(), Volatile.Read(ref _endsAt));
        if (left <= TimeSpan.Zero)
            _expired();
        else
            _timer.Change(left < LongestWait ? left : LongestWait, Timeout.InfiniteTimeSpan);
    }

    private long EndOf(DateTimeOffset expiresAt) =>
        _clock.GetTimestamp() + (long)((expiresAt - _clock.GetUtcNow()).TotalSeconds * _clock.TimestampFrequency);
}
