using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Collecting;

/// <summary>Works off what is due. An entry is dropped when it was looked at, so that a run that is interrupted is resumed by the next.</summary>
internal sealed class CollectMediaHandler(
    IMediaCatalogue catalogue, MediaCollector collector, MediaRemover remover, AfterUpload uploaded, IOptions<MediaOptions> options, TimeProvider clock,
    ILogger<CollectMediaHandler> log)
    : ICommandHandler<CollectMedia, int>
{
    private const int Batch = 100;

    /// <summary>Other jobs wait meanwhile.</summary>
    private static readonly TimeSpan RunFor = TimeSpan.FromMinutes(5);

    /// <summary>When what could not be looked at, or is not known to this server, comes again.</summary>
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromHours(1);

    public async Task<Result<int>> Handle(CollectMedia command, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var removed = 0;
        while (clock.GetElapsedTime(started) < RunFor && await catalogue.GetDueAsync(clock.GetUtcNow(), Batch, ct) is { Count: > 0 } due)
        {
            foreach (var entry in due)
            {
                if (await LookAsync(entry, ct))
                    removed++;
                await catalogue.DropDueAsync(entry, ct);
                if (options.Value.CollectPauseMs > 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(options.Value.CollectPauseMs), clock, ct);
            }
        }
        return removed;
    }

    private async Task<bool> LookAsync(DueEntry entry, CancellationToken ct)
    {
        try
        {
            switch (entry.Kind)
            {
                case DueEntry.Medium:
                    return await collector.CollectAsync(MediaId.Parse(entry.Id), ct);
                case DueEntry.Deleted:
                    await remover.DeleteAgainAsync(entry.Id, ct);
                    return false;
                case AfterUpload.ScanDue:
                    await uploaded.ResumeAsync(MediaId.Parse(entry.Id), ct);
                    return false;
            }
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OperationCanceledException))
        {
            // It would hold up all behind it.
            log.NotCollected(entry.Kind, entry.Id, e);
        }
        await catalogue.AddDueAsync(entry with { At = clock.GetUtcNow() + TryAgainAfter }, ct);
        return false;
    }
}
