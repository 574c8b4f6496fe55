namespace Chat.Host.Transports;

/// <summary>How long a connection's token is good; says once when it no longer is. Renewed from any thread.</summary>
internal sealed class TokenLease : IDisposable
{
    // A timer cannot be set for longer than 49 days; what is far away is looked at again.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Action _expired;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private long _expiresAt;

    public TokenLease(DateTimeOffset expiresAt, Action expired, TimeProvider clock)
    {
        (_expiresAt, _expired, _clock) = (expiresAt.UtcTicks, expired, clock);
        // Held by the connection alone, which need not carry the context of the request that opened it.
        using (ExecutionContext.SuppressFlow())
            _timer = clock.CreateTimer(static lease => ((TokenLease)lease!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Look();
    }

    public void Renew(DateTimeOffset expiresAt)
    {
        Volatile.Write(ref _expiresAt, expiresAt.UtcTicks);
        Look();
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var left = new TimeSpan(Volatile.Read(ref _expiresAt) - _clock.GetUtcNow().UtcTicks);
        if (left <= TimeSpan.Zero)
            _expired();
        else
            _timer.Change(left < LongestWait ? left : LongestWait, Timeout.InfiniteTimeSpan);
    }
}
