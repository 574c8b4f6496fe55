using Chat.BuildingBlocks.Concurrency;

namespace Chat.Host.Transports;

/// <summary>
/// Calls back when a connection's token expires. Renewed from any thread. The remaining time is measured by a clock that cannot be set:
/// when the wall clock is set back by a month, nobody stays connected for a month.
/// </summary>
internal sealed class TokenLease : WheelTimer
{
    private readonly Action _expired;
    private readonly TimeProvider _clock;

    public TokenLease(DateTimeOffset expiresAt, Action expired, TimeProvider clock, TimerWheel timers)
        : base(timers)
    {
        (_expired, _clock) = (expired, clock);
        Renew(expiresAt);
    }

    public void Renew(DateTimeOffset expiresAt)
    {
        var left = expiresAt - _clock.GetUtcNow();
        if (left <= TimeSpan.Zero)
            _expired();
        else
            Start(left);
    }

    protected override void Fire() => _expired();
}
