using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.FanOut;

/// <summary>
/// Saves the position of the fan-out in the change feed. What servers that are gone did not finish is fanned out again; devices ignore what they already have.
/// Starts before the <see cref="FanOutWorker"/>, which processes what is found, and ends after it.
/// </summary>
internal sealed class FanOutFollower(
    IChangeFeed feed, FanOutQueue queue, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<FanOutFollower> log) : BackgroundService
{
    private const string Name = "fan-out";
    private const int ReadAtOnce = 4_096;

    // Seconds between two searches for what others did not finish.
    private const int LookEvery = 30;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // Used by one call at a time: positions to save when everything that was queued by then has been processed, those of other servers first.
    private readonly Queue<(FeedPosition Position, long[] Offered)> _takenOver = new();
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

    /// <summary>Queues what servers that are gone did not finish, unless such work is still queued.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        if (_takenOver.Count > 0)
            return;
        var found = 0;
        foreach (var range in await feed.FindUnfinishedAsync(Name, ct))
            found += await OfferAsync(range, options.Value.MaxCatchUp - found, ct);
        if (found > 0)
            log.CaughtUp(found);
    }

    /// <summary>Saves the positions up to which everything has reached the connections, if they have changed.</summary>
    public async Task SaveAsync(CancellationToken ct)
    {
        while (_takenOver.TryPeek(out var left) && queue.HasSettled(left.Offered))
        {
            await feed.SaveFollowerAsync(Name, left.Position, ct);
            _takenOver.Dequeue();
        }
        // The position is read first: everything up to it is already in the queue.
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

    // A failure loses nothing: devices that connect read the log.
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

    // Queues at most this many; devices find the rest when they connect.
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
        _takenOver.Enqueue((range.After with { Value = range.UpTo }, queue.Offered()));
        return found;
    }
}
