using System.Text.Json;
using Chat.BuildingBlocks.Mediation;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Nodes.Rates;

/// <summary>
/// Counts rates over all nodes, roughly: each node admits by what it knows, and tells the others every <see cref="RateLimitOptions.ShareMs"/> what was taken of it
/// meanwhile. No request waits for it. What is lost on the way is not counted elsewhere.
/// </summary>
internal sealed class RateSharing : BackgroundService, IBusHandler
{
    // What a key takes at this share of its rate or less, divided by the nodes, is not told: so all of them together overlook a quarter of the rate at most.
    private const int Overlooked = 4;

    private readonly Dictionary<string, ISharedRate> _rates;
    private readonly INodes _nodes;
    private readonly IBus _bus;
    private readonly RateLimitOptions _options;
    private readonly NodesMetrics _metrics;
    private readonly TimeProvider _clock;

    public RateSharing(INodes nodes, IBus bus, IEnumerable<IHasSharedRates> rates, IOptions<RateLimitOptions> options, NodesMetrics metrics, TimeProvider clock)
    {
        (_nodes, _bus, _options, _metrics, _clock) = (nodes, bus, options.Value, metrics, clock);
        _rates = rates.SelectMany(has => has.SharedRates).ToDictionary(rate => rate.Name);
    }

    public string Topic => "rates";

    /// <summary>Takes in what was taken of rates, by rate and key, as JSON.</summary>
    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var taken = JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, int>>>(payload.Span) ?? [];
        foreach (var (name, keys) in taken)
        {
            if (!_rates.TryGetValue(name, out var rate))
                continue;
            foreach (var (key, count) in keys)
            {
                if (count > 0 && rate.TakeElsewhere(key, count))
                    _metrics.TakenElsewhere(count);
            }
        }
        return default;
    }

    /// <summary>Tells the others what was taken here since the last call.</summary>
    public void Share()
    {
        var others = _nodes.Live.Count;
        if (others == 0 || !_nodes.HoldsLease)
        {
            foreach (var rate in _rates.Values)
                rate.EndSharing();
            return;
        }
        var taken = new Dictionary<string, IReadOnlyDictionary<string, int>>();
        foreach (var rate in _rates.Values)
        {
            var perShare = rate.PerSecond * _options.ShareMs / 1_000;
            if (rate.ShareTaken(least: 1 + (int)(perShare / (Overlooked * (others + 1))), _options.MaxShared) is { Count: > 0 } keys)
                taken.Add(rate.Name, keys);
        }
        if (taken.Count > 0)
            _bus.Broadcast(Topic, JsonSerializer.SerializeToUtf8Bytes(taken));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(_options.ShareMs), _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Share();
    }
}
