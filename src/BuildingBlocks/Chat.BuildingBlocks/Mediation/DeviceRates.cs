using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>What a request costs: a message sent, or anything else. Acks are never limited: they make room.</summary>
public enum RateClass
{
    Send,
    Other,
}

/// <summary>A token bucket for each device and class; idle ones are dropped by the limiter itself.</summary>
internal sealed class DeviceRates : IDisposable
{
    // How often a partitioned limiter fills its buckets, with what has come together since: a constant of .NET's.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<(DeviceAddress, RateClass)>? _limiter;
    private readonly Counter<long> _refused;

    public DeviceRates(IOptions<RateLimitOptions> options, IMeterFactory meters)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.rate_limited", description: "Commands refused as over their device's rate.");
        if (options.Value is { Enabled: true } limits)
            _limiter = PartitionedRateLimiter.Create<(DeviceAddress Device, RateClass Rate), (DeviceAddress, RateClass)>(
                key => RateLimitPartition.GetTokenBucketLimiter(key, k => Bucket(k.Item2 == RateClass.Send ? limits.SendsPerSecond : limits.CommandsPerSecond)));
    }

    /// <summary>Null when admitted, else the refusal with the time after which a token is there again.</summary>
    public Error? Admit(DeviceAddress device, RateClass rate)
    {
        if (_limiter is null)
            return null;
        using var lease = _limiter.AttemptAcquire((device, rate));
        if (lease.IsAcquired)
            return null;
        _refused.Add(1);
        var retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) && after > Heartbeat ? after : Heartbeat;
        return new Error(ErrorCodes.RateLimited, "Too many requests from this device; wait before the next.", retryAfter);
    }

    public void Dispose() => _limiter?.Dispose();

    // A second's worth may come at once after a pause; the period is of one token, so that no rate is rounded.
    internal static TokenBucketRateLimiterOptions Bucket(int perSecond) => new()
    {
        TokenLimit = perSecond,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / perSecond),
        QueueLimit = 0,
    };
}
