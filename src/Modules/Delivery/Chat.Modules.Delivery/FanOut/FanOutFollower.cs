using Chat.Modules.Messaging.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.FanOut;

/// <summary>
/// Notes in the log's feed how far the fan-out has got. After a crash what lies behind that is fanned out again: whoever has it passes over it.
/// Begins before the <see cref="FanOutWorker"/>, which works off what is found, and ends after it.
/// </summary>
internal sealed class FanOutFollower(
    IChangeFeed feed, FanOutQueue queue, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<FanOutFollower> log) : BackgroundService
{
    private const string Name = "fan-out";
    private const int ReadAtOnce = 4_096;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private (FeedPosition Position, long[] Offered)? _next;
    private FeedPosition? _noted;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CatchUpAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Devices that connect read the log in any case.
            log.FeedNotFollowed(e);
        }
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryNoteAsync(cancellationToken);
    }

    /// <summary>Notes the position up to which all has reached the connections, if that is further than before.</summary>
    public async Task NoteAsync(CancellationToken ct)
    {
        // The position first: what it covers was offered by then.
        var position = feed.Raised;
        _next ??= (position, queue.Offered());
        if (!queue.HasSettled(_next.Value.Offered))
            return;
        if (_next.Value.Position != _noted)
            await feed.SaveFollowerAsync(Name, _next.Value.Position, ct);
        _noted = _next.Value.Position;
        _next = null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TryNoteAsync(stoppingToken);
    }

    private async Task TryNoteAsync(CancellationToken ct)
    {
        try
        {
            await NoteAsync(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.FeedNotFollowed(e);
        }
    }

    private async Task CatchUpAsync(CancellationToken ct)
    {
        if (await feed.ReadFollowerAsync(Name, ct) is not { } position)
            return;
        var (last, found) = (feed.Current.Value, 0);
        while (position.Value < last && found < options.Value.MaxCatchUp)
        {
            var entries = await feed.ReadAfterAsync(position, Math.Min(ReadAtOnce, options.Value.MaxCatchUp - found), ct);
            if (entries.Count == 0)
                break;
            foreach (var entry in entries)
                queue.Note(entry.Conversation, entry.SeqNo);
            found += entries.Count;
            position = position with { Value = entries[^1].Position };
        }
        if (found > 0)
            log.CaughtUp(found);
        if (position.Value < last && found >= options.Value.MaxCatchUp)
            log.CatchUpEnded(options.Value.MaxCatchUp);
    }
}
