namespace Chat.Host.Transports;

/// <summary>
/// How long a connection's token is good; says once when it no longer is. Renewed from any thread. What was left when the token was taken in
/// runs down by a clock that cannot be set: a wall clock set back by a month leaves nobody connected for a month.
/// </summary>
internal sealed class TokenLease : IDisposable
{
    // A timer cannot be set for longer than 49 days; what is far away is looked at again.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Action _expired;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    // By the clock's timestamps.
    private long _endsAt;

    public TokenLease(DateTimeOffset expiresAt, Action expired, TimeProvider clock)
    {
        (_expired, _clock) = (expired, clock);
        _endsAt = EndOf(expiresAt);
        // Held by the connection alone, which need not carry the context of the request that opened it.
        using (ExecutionContext.SuppressFlow())
            _timer = clock.CreateTimer(static lease => ((TokenLease)lease!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Look();
    }

    public void Renew(DateTimeOffset expiresAt)
    {
        Volatile.Write(ref _endsAt, EndOf(expiresAt));
        Look();
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
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
