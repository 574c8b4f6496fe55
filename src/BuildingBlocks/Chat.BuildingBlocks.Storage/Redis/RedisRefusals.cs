using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Redis;

/// <summary>What Redis refuses at present. Each is said once, however often it is met, and once more when it is over.</summary>
internal sealed class RedisRefusals(TimeProvider clock, ILogger<RedisRefusals> log)
{
    // What is refused now and then, as on one shard of several, is one refusal.
    private static readonly TimeSpan OverAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();

    // By operation, of which there are as many as scripts and commands in the code. Under _gate.
    private readonly Dictionary<string, (string Code, long LastAt)> _current = [];
    private volatile bool _any;

    public bool Any => _any;

    public void Met(string operation, RedisRefusal refusal)
    {
        lock (_gate)
        {
            var isKnown = _current.TryGetValue(operation, out var known) && known.Code == refusal.Code;
            _current[operation] = (refusal.Code, clock.GetTimestamp());
            _any = true;
            if (!isKnown)
                log.Refused(operation, refusal.Fault);
        }
    }

    /// <summary>Redis has done it.</summary>
    /// <param name="quiet">For how long it must not have been refused.</param>
    public void Done(string operation, TimeSpan? quiet = null)
    {
        if (!_any)
            return;
        lock (_gate)
        {
            if (!_current.TryGetValue(operation, out var known) || clock.GetElapsedTime(known.LastAt) < (quiet ?? OverAfter))
                return;
            _current.Remove(operation);
            _any = _current.Count > 0;
            log.RefusedNoMore(operation);
        }
    }
}
