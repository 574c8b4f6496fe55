using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.FanOut;

/// <summary>
/// Saves in the change feed how far the fan-out has got. What servers that are gone have left is fanned out again: whoever has it passes over it.
/// Begins before the <see cref="FanOutWorker"/>, which works off what is found, and ends after it.
/// </summary>
internal sealed class FanOutFollower(
    IChangeFeed feed, FanOutQueue queue, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<FanOutFollower> log) : BackgroundService
{
    private const string Name = "fan-out";
    private const int ReadAtOnce = 4_096;

    // Seconds from one look for what others have left to the next.
    private const int LookEvery = 30;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Only the one call at a time touches these: positions that are saved when what was offered by then has settled, what others left first.
    private readonly Queue<(FeedPosition Position, long[] Offered)> _left = new();
    private (FeedPosition Position, long[] Offered)? _next;
    private FeedPosition? _saved;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryAsync(CatchUpAsync, cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync(SaveAsync, cancellationToken);
    }

    /// <summary>Has the fan-out work off what servers that are gone have left, unless it does that still.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        if (_left.Count > 0)
            return;
        var found = 0;
        foreach (var range in await feed.FindUnfinishedAsync(Name, ct))
            found += await OfferAsync(range, options.Value.MaxCatchUp - found, ct);
        if (found > 0)
            log.CaughtUp(found);
    }

    /// <summary>Saves the positions up to which all has reached the connections, where they are further than before.</summary>
    public async Task SaveAsync(CancellationToken ct)
    {
        while (_left.TryPeek(out var left) && queue.HasSettled(left.Offered))
        {
            await feed.SaveFollowerAsync(Name, left.Position, ct);
            _left.Dequeue();
        }
        // The position first: what it covers was offered by then.
        var position = feed.RaisedUpTo;
        _next ??= (position, queue.Offered());
        if (!queue.HasSettled(_next.Value.Offered))
            return;
        if (_next.Value.Position != _saved)
            await feed.SaveFollowerAsync(Name, _next.Value.Position, ct);
        _saved = _next.Value.Position;
        _next = null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        for (var second = 1; await timer.WaitForNextTickAsync(stoppingToken); second++)
        {
            await TryAsync(SaveAsync, stoppingToken);
            if (second % LookEvery == 0)
                await TryAsync(CatchUpAsync, stoppingToken);
        }
    }

    // Devices that connect read the log in any case.
    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        try
        {
            await work(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.FeedNotFollowed(e);
        }
    }

    // At most so many; what is beyond that is left to the devices, which find it when they connect.
    private async Task<int> OfferAsync(FeedRange range, int limit, CancellationToken ct)
    {
        var found = 0;
        for (var rest = range; found < limit;)
        {
            var entries = await feed.ReadAsync(rest, Math.Min(ReadAtOnce, limit - found), ct);
            if (entries.Count == 0)
                break;
            queue.Note(entries);
            found += entries.Count;
            rest = rest with { After = rest.After with { Value = entries[^1].Position } };
        }
        if (found >= limit)
            log.CatchUpEnded(options.Value.MaxCatchUp);
        _left.Enqueue((range.After with { Value = range.UpTo }, queue.Offered()));
        return found;
    }
}
