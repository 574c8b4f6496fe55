using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>What a request costs. Acks make room: they count by the frames of their connection alone.</summary>
public enum RateClass
{
    /// <summary>A message sent.</summary>
    Send,

    /// <summary>Any other command or query.</summary>
    Other,

    /// <summary>An HTTP request by which a connection of the hub polls or sends, where it has no WebSocket.</summary>
    HubRequest,
}

/// <summary>A token bucket for each device and class; idle ones are dropped by the limiter itself.</summary>
public sealed class DeviceRates : IDisposable
{
    // How often a partitioned limiter fills its buckets, with what has come together since: a constant of .NET's.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(100);

    private readonly RateLimitOptions _limits;
    private readonly PartitionedRateLimiter<(DeviceAddress, RateClass)>? _limiter;
    private readonly Counter<long> _refused;

    public DeviceRates(IOptions<RateLimitOptions> options, IMeterFactory meters)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.rate_limited", description: "Commands refused as over their device's rate.");
        _limits = options.Value;
        if (_limits.Enabled)
            _limiter = PartitionedRateLimiter.Create<(DeviceAddress Device, RateClass Rate), (DeviceAddress, RateClass)>(
                key => RateLimitPartition.GetTokenBucketLimiter(key, k => Bucket(PerSecond(k.Item2))));
    }

    /// <summary>Null when admitted, else the refusal with the time after which a token is there again.</summary>
    /// <param name="device">Whose request it is.</param>
    /// <param name="rate">What it counts as.</param>
    /// <param name="cost">How many; what costs more than a second's worth costs that.</param>
    public Error? Admit(DeviceAddress device, RateClass rate, int cost = 1)
    {
        if (_limiter is null)
            return null;
        using var lease = _limiter.AttemptAcquire((device, rate), Math.Min(cost, PerSecond(rate)));
        if (lease.IsAcquired)
            return null;
        _refused.Add(1);
        var retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) && after > Heartbeat ? after : Heartbeat;
        return new Error(ErrorCodes.RateLimited, "Too many requests from this device; wait before the next.", retryAfter);
    }

    public void Dispose() => _limiter?.Dispose();

    private int PerSecond(RateClass rate) => rate switch
    {
        RateClass.Send => _limits.SendsPerSecond,
        RateClass.HubRequest => _limits.HubRequestsPerSecond,
        _ => _limits.CommandsPerSecond,
    };

    // A second's worth may come at once after a pause; the period is of one token, so that no rate is rounded.
    internal static TokenBucketRateLimiterOptions Bucket(int perSecond) => new()
    {
        TokenLimit = perSecond,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / perSecond),
        QueueLimit = 0,
    };
}
