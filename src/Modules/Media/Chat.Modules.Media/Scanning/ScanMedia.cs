using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Jobs;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Scanning;

/// <summary>The job that lets a file out, or not. What clamd gives no answer for is asked again, for as long as it takes.</summary>
internal sealed class ScanMedia(
    IMediaCatalogue catalogue, IMediaStore store, ClamAv clamAv, AfterUpload after, ScanningMetrics metrics, IOptions<ScanningOptions> options, ILogger<ScanMedia> log)
    : IJob
{
    public const string JobName = "scan-media";

    public string Name => JobName;

    public async Task RunAsync(string about, CancellationToken ct)
    {
        if (!MediaId.TryParse(about, null, out var id) || await catalogue.FindAsync(id, ct) is not { State: MediaState.Scanning } row)
            return;
        if (await ScanAsync(row, ct) is not { } scan)
        {
            await after.ScanLaterAsync(id, ct);
            return;
        }
        if (scan.Found is { } signature)
            log.VirusFound(signature, id, row.Uploader);
        var scanned = row with { State = scan.Found is null ? MediaState.Ready : MediaState.Quarantined };
        if (await catalogue.DescribeAsync(scanned, ct))
            await after.ContinueAsync(scanned, ct);
    }

    private async Task<Scan?> ScanAsync(MediaRow row, CancellationToken ct)
    {
        // The operator has done away with the scan.
        if (!options.Value.IsOn)
            return new Scan(Found: null);
        try
        {
            await using var file = await store.OpenAsync(row.BlobKey, ct) ?? throw new StoreUnavailableException("A file's bytes are not in the store.");
            var scan = await clamAv.ScanAsync(file, ct);
            metrics.Scanned(scan.Found is null ? "clean" : "found");
            return scan;
        }
        catch (Exception e) when (e is ClamAvException or StoreUnavailableException)
        {
            metrics.Scanned("failed");
            log.NotScanned(row.Id, e.Message, options.Value.RescanSeconds);
            return null;
        }
    }
}
