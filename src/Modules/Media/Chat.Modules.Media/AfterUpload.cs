using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Jobs;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Scanning;
using Chat.Modules.Media.Thumbnails;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media;

/// <summary>What happens to a file once it is uploaded: the virus scan, then its thumbnails. Both are put off, and neither is lost with its job.</summary>
internal sealed class AfterUpload(IMediaCatalogue catalogue, IJobs jobs, IOptions<ThumbnailOptions> thumbnails, IOptions<ScanningOptions> scanning, TimeProvider clock)
{
    /// <summary>A due entry of this kind names a file that waits for its scan.</summary>
    public const string ScanDue = "scan";

    // If the job is lost, the entry is what finds the file; so it comes later.
    private static readonly TimeSpan LookAfter = TimeSpan.FromMinutes(5);

    /// <summary>What a finished upload begins as. To be called before it is finished: whatever happens then, its scan is not forgotten.</summary>
    public async Task<MediaRow> PrepareAsync(MediaRow row, CancellationToken ct)
    {
        row = row with { HasThumbnail = row.HasThumbnail || FfmpegPosters.CanMake(thumbnails.Value, row.ContentType) };
        if (!scanning.Value.IsOn)
            return row;
        await catalogue.AddDueAsync(DueEntryOf(row.Id), ct);
        return row with { State = MediaState.Scanning };
    }

    /// <summary>Puts off what comes next.</summary>
    public async Task ContinueAsync(MediaRow row, CancellationToken ct)
    {
        if (row.State == MediaState.Scanning)
            await jobs.TryEnqueueAsync(ScanMedia.JobName, row.Id.ToString(), TimeSpan.Zero, ct);
        // Without the job they are made when they are asked for.
        if (row is { State: MediaState.Ready, HasThumbnail: true })
            await jobs.TryEnqueueAsync(MakeThumbnails.JobName, row.Id.ToString(), TimeSpan.Zero, ct);
    }

    public Task ScanLaterAsync(MediaId id, CancellationToken ct) => jobs.TryEnqueueAsync(ScanMedia.JobName, id.ToString(), scanning.Value.RescanAfter, ct);

    /// <summary>For a due entry: puts its scan off again if that is still to come.</summary>
    public async Task ResumeAsync(MediaId id, CancellationToken ct)
    {
        if (await catalogue.FindAsync(id, ct) is not { State: MediaState.Scanning or MediaState.Uploading } row)
            return;
        await catalogue.AddDueAsync(DueEntryOf(id), ct);
        await ContinueAsync(row, ct);
    }

    private DueEntry DueEntryOf(MediaId id) => new(clock.GetUtcNow() + LookAfter, ScanDue, id.ToString());
}
