using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>The rates that are counted by user, over all its devices: their cost grows with the user's conversations.</summary>
public enum UserRate
{
    /// <summary>A page of the list of conversations.</summary>
    Lists,

    /// <summary>A live connection, through either transport.</summary>
    Connects,

    /// <summary>The first message of a direct conversation.</summary>
    DirectsBegun,
}

/// <summary>A rate for each user and kind, over all its devices; the requests of one minute may come at once.</summary>
public sealed class UserRates : IHasSharedRates
{
    private readonly KeyedRate<UserId>[]? _rates;
    private readonly Counter<long> _refused;
    private readonly TimeSpan _toNextDirect;

    public UserRates(IOptions<RateLimitOptions> options, IMeterFactory meters, TimeProvider clock)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.user_limited", description: "Requests refused as over their user's rate, by rate.");
        _toNextDirect = TimeSpan.FromMinutes(1) / options.Value.DirectsBegunPerMinute;
        if (options.Value is not { Enabled: true } limits)
            return;
        int[] perMinute = [limits.ListsPerMinute, limits.ConnectsPerMinute, limits.DirectsBegunPerMinute];
        _rates = [.. perMinute.Select(rate => new KeyedRate<UserId>(rate, TimeSpan.FromMinutes(1) / rate, limits.MaxUsers, clock))];
    }

    public IEnumerable<ISharedRate> SharedRates =>
        _rates?.Select((rate, number) => new SharedRate<UserId>($"user.{(UserRate)number}", rate, user => user.Value, UserId.TryParse)) ?? [];

    /// <summary>Null when admitted, else the refusal with the time to wait.</summary>
    public Error? Admit(UserRate rate, UserId user)
    {
        return _rates?[(int)rate].Take(user) is { } wait ? Refuse(rate, wait) : null;
    }

    /// <summary>Refuses a direct conversation for a reason that the sender must not learn: looks like a refusal by the rate.</summary>
    public Error RefuseDirect() => Refuse(UserRate.DirectsBegun, _toNextDirect);

    private Error Refuse(UserRate rate, TimeSpan wait)
    {
        _refused.Add(1, new KeyValuePair<string, object?>("rate", rate.ToString()));
        return new Error(ErrorCodes.RateLimited, rate switch
        {
            UserRate.Lists => "Too many lists of conversations for this user; wait before the next.",
            UserRate.Connects => "Too many connections opened by this user; wait before the next.",
            _ => "Too many new direct conversations for this user; wait before the next.",
        }, wait);
    }
}
