using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>The rate that a request counts against. Acks count only as frames of their connection, since they free memory.</summary>
public enum RateClass
{
    /// <summary>A message sent.</summary>
    Send,

    /// <summary>Any other command or query.</summary>
    Other,

    /// <summary>An HTTP request of a hub connection that has no WebSocket (polling or sending).</summary>
    HubRequest,
}

/// <summary>A rate for each device and class; the requests of one second may come at once.</summary>
public sealed class DeviceRates : IHasSharedRates
{
    private readonly KeyedRate<DeviceAddress>[]? _rates;
    private readonly Counter<long> _refused;

    public DeviceRates(IOptions<RateLimitOptions> options, IMeterFactory meters, TimeProvider clock)
    {
        _refused = meters.Create("Chat").CreateCounter<long>("chat.rate_limited", description: "Commands refused as over their device's rate.");
        if (options.Value is not { Enabled: true } limits)
            return;
        // By RateClass.
        int[] perSecond = [limits.SendsPerSecond, limits.CommandsPerSecond, limits.HubRequestsPerSecond];
        _rates = [.. perSecond.Select(rate => new KeyedRate<DeviceAddress>(rate, TimeSpan.FromSeconds(1) / rate, limits.MaxDevices, clock))];
    }

    public IEnumerable<ISharedRate> SharedRates =>
        _rates?.Select((rate, number) => new SharedRate<DeviceAddress>($"device.{(RateClass)number}", rate, device => $"{device.User}\n{device.Device}", TryRead)) ?? [];

    /// <summary>Null when admitted, else the refusal with the time to wait.</summary>
    /// <param name="device">Whose request it is.</param>
    /// <param name="rate">What it counts as.</param>
    /// <param name="cost">How many requests it counts as, at most those of one second.</param>
    public Error? Admit(DeviceAddress device, RateClass rate, int cost = 1)
    {
        if (_rates?[(int)rate].Take(device, cost) is not { } wait)
            return null;
        _refused.Add(1);
        return new Error(ErrorCodes.RateLimited, "Too many requests from this device; wait before the next.", wait);
    }

    private static bool TryRead(string name, out DeviceAddress device)
    {
        device = default;
        if (name.Split('\n') is not [var user, var id] || !UserId.TryParse(user, out var parsedUser) || !DeviceId.TryParse(id, out var parsedId))
            return false;
        device = new DeviceAddress(parsedUser, parsedId);
        return true;
    }
}
