using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Log;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Sending;

/// <summary>
/// Messages of one user whose names say that they were made at another time than now: those that waited while the user was offline, those of
/// a wrong clock, and those of who wants all in one partition of the clustered log, which keeps attempts by that time. So many at once, and
/// then one every ten seconds. The embedded log is treated alike, so that a client meets the same server everywhere.
/// </summary>
internal sealed class NamedTimeRates : IDisposable
{
    /// <summary>What a user may have waiting offline.</summary>
    public const int Burst = 10_000;

    /// <summary>A clock that is wrong by less costs nothing.</summary>
    public static readonly TimeSpan Near = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly PartitionedRateLimiter<UserId>? _limiter;
    private readonly Counter<long> _refused;

    public NamedTimeRates(IOptions<RateLimitOptions> options, IMeterFactory meters)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.rate_limited", description: "Commands refused as over their device's rate.");
        if (options.Value.Enabled)
            _limiter = PartitionedRateLimiter.Create<UserId, UserId>(user => RateLimitPartition.GetTokenBucketLimiter(user, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Burst,
                TokensPerPeriod = 1,
                ReplenishmentPeriod = Period,
                QueueLimit = 0,
            }));
    }

    /// <summary>Null when admitted.</summary>
    public Error? Admit(UserId sender, string clientMsgId, DateTimeOffset now)
    {
        if (_limiter is null || NamedTime.Of(clientMsgId) is not { } unixMs || Math.Abs(now.ToUnixTimeMilliseconds() - unixMs) <= Near.TotalMilliseconds)
            return null;
        using var lease = _limiter.AttemptAcquire(sender);
        if (lease.IsAcquired)
            return null;
        _refused.Add(1);
        return new Error(ErrorCodes.RateLimited, "Too many messages whose clientMsgId is a UUID of another time; set the clock, or wait before the next.", Period);
    }

    public void Dispose() => _limiter?.Dispose();
}
