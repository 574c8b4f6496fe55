using Chat.BuildingBlocks.Jobs;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Scanning;
using Chat.Modules.Media.Thumbnails;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Tests;

/// <summary>Takes no job.</summary>
internal sealed class NoJobs : IJobs
{
    public Task<bool> TryEnqueueAsync(string job, string about, TimeSpan delay, CancellationToken ct) => Task.FromResult(false);

    /// <summary>What follows an upload, without ffmpeg and without a virus scan.</summary>
    public static AfterUpload AfterUpload(IMediaCatalogue catalogue, TimeProvider clock) =>
        new(catalogue, new NoJobs(), Options.Create(new ThumbnailOptions()), Options.Create(new ScanningOptions()), clock);
}
