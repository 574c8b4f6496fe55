using System.Diagnostics.Metrics;
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

/// <summary>A rate for each device and class; a second's worth may come at once.</summary>
public sealed class DeviceRates
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

    /// <summary>Null when admitted, else the refusal with the time after which it may come.</summary>
    /// <param name="device">Whose request it is.</param>
    /// <param name="rate">What it counts as.</param>
    /// <param name="cost">How many; what costs more than a second's worth costs that.</param>
    public Error? Admit(DeviceAddress device, RateClass rate, int cost = 1)
    {
        if (_rates?[(int)rate].Take(device, cost) is not { } wait)
            return null;
        _refused.Add(1);
        return new Error(ErrorCodes.RateLimited, "Too many requests from this device; wait before the next.", wait);
    }
}
