using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Attaching;
using Chat.Modules.Media.Catalogue;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Collecting;

/// <summary>Decides whether a file goes. The uses are asked first, and the removal then begins only if nobody has kept the file since it was read.</summary>
internal sealed class MediaCollector(
    IMediaCatalogue catalogue, IMediaUses uses, UsesInLog log, MediaRemover remover, CollectingMetrics metrics, IOptions<MediaOptions> options, TimeProvider clock,
    ILogger<MediaCollector> logger)
{
    private const int Batch = 100;

    /// <summary>Removes the file if it is not needed any more. May be called for any id, at any time.</summary>
    /// <returns>Whether it was removed.</returns>
    public async Task<bool> CollectAsync(MediaId media, CancellationToken ct)
    {
        var row = await catalogue.FindAsync(media, ct);
        if (row is null or { State: MediaState.Removed })
            await RemoveUsesAsync(media, ct);
        else if (row.KeepUntil > clock.GetUtcNow() || await HasMessageAsync(media, ct))
            return false;
        if (row is null || !await remover.TryRemoveAsync(row, ct))
            return false;
        metrics.Collected(row.State);
        logger.Collected(media, row.State);
        return true;
    }

    /// <summary>Whether a message has the file, or may have it soon. Uses without a message are removed on the way to the first that has one.</summary>
    public async Task<bool> HasMessageAsync(MediaId media, CancellationToken ct)
    {
        while (await uses.GetAllAsync(media, Batch, ct) is { Count: > 0 } some)
        {
            var gone = new List<MediaUse>();
            foreach (var use in some)
            {
                if (await log.FindAsync(use, ct) is not null || IsOnItsWay(use))
                    break;
                gone.Add(use);
            }
            if ((gone.Count > 0 && !await uses.TryRemoveAsync(gone, ct)) || gone.Count < some.Count)
                return true;
        }
        return false;
    }

    // Its message may come to the log yet. It is looked for again, as the file was kept at the same time.
    private bool IsOnItsWay(MediaUse use) => use.SeqNo is null && use.CreatedAt + options.Value.OrphanAfter > clock.GetUtcNow();

    // A file that is being removed, or was, is not attached any more.
    private async Task RemoveUsesAsync(MediaId media, CancellationToken ct)
    {
        while (await uses.GetAllAsync(media, Batch, ct) is { Count: > 0 } left)
            await uses.TryRemoveAsync(left, ct);
    }
}
