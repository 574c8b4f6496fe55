using System.Diagnostics.Metrics;
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
internal sealed class NamedTimeRates
{
    /// <summary>What a user may have waiting offline.</summary>
    public const int Burst = 10_000;

    /// <summary>A clock that is wrong by less costs nothing.</summary>
    public static readonly TimeSpan Near = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly KeyedRate<UserId>? _rate;
    private readonly Counter<long> _refused;

    public NamedTimeRates(IOptions<RateLimitOptions> options, IMeterFactory meters, TimeProvider clock)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.rate_limited", description: "Commands refused as over their device's rate.");
        if (options.Value is { Enabled: true } limits)
            _rate = new KeyedRate<UserId>(Burst, Period, limits.MaxUsers, clock);
    }

    /// <summary>Null when admitted.</summary>
    public Error? Admit(UserId sender, string clientMsgId, DateTimeOffset now)
    {
        if (_rate is null || NamedTime.Of(clientMsgId) is not { } unixMs || Math.Abs(now.ToUnixTimeMilliseconds() - unixMs) <= Near.TotalMilliseconds)
            return null;
        if (_rate.Take(sender) is not { } wait)
            return null;
        _refused.Add(1);
        return new Error(ErrorCodes.RateLimited, "Too many messages whose clientMsgId is a UUID of another time; set the clock, or wait before the next.", wait);
    }
}
