using System.Diagnostics.Metrics;
using System.Net;
using System.Threading.RateLimiting;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Mediation;
using Microsoft.Extensions.Options;

namespace Chat.Host.Http;

/// <summary>
/// A token bucket for each remote address and rate, a minute's worth at once after a pause. IPv6 counts by /64, which is what one customer
/// has at least. Idle buckets are dropped by the limiter itself.
/// </summary>
internal sealed class AddressRates : IDisposable
{
    private readonly PartitionedRateLimiter<(IPAddress, AddressRate)>? _limiter;
    private readonly Counter<long> _refused;

    public AddressRates(IOptions<RateLimitOptions> options, IMeterFactory meters)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.address_limited", description: "Calls refused as over their address's rate.");
        if (options.Value is { Enabled: true } limits)
            _limiter = PartitionedRateLimiter.Create<(IPAddress, AddressRate Rate), (IPAddress, AddressRate)>(key =>
                RateLimitPartition.GetTokenBucketLimiter(
                    key, k => Bucket(k.Item2 == AddressRate.Registrations ? limits.RegistrationsPerMinute : limits.LoginsPerMinute)));
    }

    /// <summary>Null when admitted, else the refusal with the time after which the next may come.</summary>
    public Error? Admit(HttpContext context, AddressRate rate)
    {
        if (_limiter is null)
            return null;
        using var lease = _limiter.AttemptAcquire((ClientNetwork.Of(context), rate));
        if (lease.IsAcquired)
            return null;
        _refused.Add(1, new KeyValuePair<string, object?>("rate", rate == AddressRate.Registrations ? "registrations" : "logins"));
        return TooMany(lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1));
    }

    /// <summary>Refuses a call before anything of its body is read.</summary>
    public Task LimitAsync(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<AddressRated>() is { } rated && Admit(context, rated.Rate) is { } refusal
            ? HttpErrors.ToProblem(refusal).ExecuteAsync(context)
            : next(context);

    public void Dispose() => _limiter?.Dispose();

    private static Error TooMany(TimeSpan retryAfter) =>
        new(ErrorCodes.RateLimited, "Too many attempts from this address; wait before the next.", retryAfter);

    private static TokenBucketRateLimiterOptions Bucket(int perMinute) => new()
    {
        TokenLimit = perMinute,
        TokensPerPeriod = Math.Max(1, perMinute / 600),
        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / Math.Min(perMinute, 600),
        QueueLimit = 0,
        AutoReplenishment = true,
    };
}
