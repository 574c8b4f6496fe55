using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>Whether Redis answers, by the last command. No part of readiness: without Redis a server does all but tell the others.</summary>
internal sealed class RedisHealth(TimeProvider clock, ILogger<RedisHealth> log)
{
    private readonly Lock _gate = new();
    private volatile bool _isUp;

    // Null until it has been down. Under _gate.
    private long? _downSince;

    public bool IsUp => _isUp;

    public void Answered()
    {
        if (_isUp)
            return;
        lock (_gate)
        {
            if (_isUp)
                return;
            _isUp = true;
            if (_downSince is { } since)
            {
                var seconds = Math.Round(clock.GetElapsedTime(since).TotalSeconds, 1);
                log.AvailableAgain(seconds);
            }
            _downSince = null;
        }
    }

    public void Failed(string reason)
    {
        lock (_gate)
        {
            _isUp = false;
            if (_downSince is not null)
                return;
            _downSince = clock.GetTimestamp();
            log.Unavailable(reason);
        }
    }
}
