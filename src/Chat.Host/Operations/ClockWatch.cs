using System.Diagnostics.Metrics;

namespace Chat.Host.Operations;

/// <summary>Detects jumps of the wall clock by comparing it with the monotonic clock: logs and counts them.</summary>
internal sealed class ClockWatch : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>A smaller jump is a normal correction.</summary>
    private static readonly TimeSpan SmallestJump = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock;
    private readonly ILogger<ClockWatch> _log;
    private readonly Counter<long> _jumps;
    private readonly Lock _gate = new();

    // All under _gate.
    private DateTimeOffset _time;
    private long _timestamp;
    private long? _jumpedAt;

    public ClockWatch(TimeProvider clock, IMeterFactory meters, ILogger<ClockWatch> log)
    {
        (_clock, _log) = (clock, log);
        _jumps = meters.Create("Chat").CreateCounter<long>("chat.clock.jumps", description: "Times the wall clock jumped by more than 5 seconds.");
        (_time, _timestamp) = (clock.GetUtcNow(), clock.GetTimestamp());
    }

    /// <summary>Checks the clock, and returns whether it jumped within this time.</summary>
    public bool HasJumpedWithin(TimeSpan time)
    {
        Look();
        lock (_gate)
            return _jumpedAt is { } at && _clock.GetElapsedTime(at) < time;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    private void Look()
    {
        TimeSpan jump;
        lock (_gate)
        {
            var (time, timestamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());
            jump = time - _time - _clock.GetElapsedTime(_timestamp, timestamp);
            (_time, _timestamp) = (time, timestamp);
            if (jump.Duration() < SmallestJump)
                return;
            _jumpedAt = timestamp;
        }
        _jumps.Add(1);
        _log.ClockJumped(jump.TotalSeconds);
    }
}
