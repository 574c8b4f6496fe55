using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// Limits one user's messages whose clientMsgId is a UUIDv7 of another time than now. The attempts of one moment share a partition
/// (<see cref="AttemptKey"/>), so a user who gives all messages one old time would make that partition grow without end. Such messages also come
/// from a client that was offline, or whose clock is wrong: 10,000 may come at once, and then one every ten seconds.
/// </summary>
internal sealed class UuidTimeRates : ISendLimit
{
    /// <summary>Messages that a client may have waiting after it was offline.</summary>
    public const int Burst = 10_000;

    /// <summary>A time that differs from the server's by less counts as now.</summary>
    public static readonly TimeSpan Near = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly KeyedRate<UserId>? _rate;
    private readonly Counter<long> _refused;

    public UuidTimeRates(IOptions<RateLimitOptions> options, IMeterFactory meters, TimeProvider clock)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.rate_limited", description: "Commands refused as over their device's rate.");
        if (options.Value is { Enabled: true } limits)
            _rate = new KeyedRate<UserId>(Burst, Period, limits.MaxUsers, clock);
    }

    public Error? Admit(UserId sender, string clientMsgId, DateTimeOffset now)
    {
        if (_rate is null || UuidTime.Of(clientMsgId) is not { } unixMs || Math.Abs(now.ToUnixTimeMilliseconds() - unixMs) <= Near.TotalMilliseconds)
            return null;
        if (_rate.Take(sender) is not { } wait)
            return null;
        _refused.Add(1);
        return new Error(ErrorCodes.RateLimited, "Too many messages whose clientMsgId is a UUID of another time; set the clock, or wait before the next.", wait);
    }
}
