using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Inspection.Pictures;
using Chat.Modules.Media.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>Makes thumbnails once for each content, all steps from one decode, and keeps them in the store. Where none can be made, that is kept: as files without bytes.</summary>
internal sealed class ThumbnailMaker(
    IMediaStore store, IMediaCatalogue catalogue, PictureDecoder decoder, InspectionTurns turns, FfmpegPosters posters, ThumbnailMetrics metrics, IOptions<ThumbnailOptions> options,
    IHostApplicationLifetime lifetime, ILogger<ThumbnailMaker> log)
{
    private static readonly Error Busy = new(ErrorCodes.Unavailable, "Too many thumbnails are being made; try again.", TimeSpan.FromSeconds(1));

    // By the content's key; at most MaxThumbnailWork, about.
    private readonly ConcurrentDictionary<string, Lazy<Task>> _underWay = new();

    /// <summary>The thumbnail of the next larger step, which is made if it is not there. To be disposed.</summary>
    /// <returns>Null if there is none. Refusal: <c>unavailable</c>.</returns>
    public async Task<Result<Stream?>> OpenAsync(MediaRow row, int width, CancellationToken ct)
    {
        if (!row.HasThumbnail)
            return (Stream?)null;
        var key = ThumbnailSteps.KeyOf(row.BlobKey, ThumbnailSteps.For(width, row.Width));
        if (await store.OpenAsync(key, ct) is { } there)
            return await WithBytesAsync(there);
        if (await MakeAsync(row, ct) is { } refusal)
            return refusal;
        return await store.OpenAsync(key, ct) is { } made ? await WithBytesAsync(made) : (Stream?)null;
    }

    /// <summary>Makes them, or waits for whoever makes them already. Who no longer waits does not end the work.</summary>
    /// <returns>A refusal: <c>unavailable</c>.</returns>
    public async Task<Error?> MakeAsync(MediaRow row, CancellationToken ct)
    {
        if (_underWay.Count >= options.Value.MaxThumbnailWork && !_underWay.ContainsKey(row.BlobKey))
        {
            metrics.Refused();
            return Busy;
        }
        var work = _underWay.GetOrAdd(row.BlobKey, _ => new Lazy<Task>(() => RunAsync(row, lifetime.ApplicationStopping)));
        await work.Value.WaitAsync(ct);
        return null;
    }

    private async Task RunAsync(MediaRow row, CancellationToken ct)
    {
        // Before anything is awaited, others could find a task that has removed itself.
        await Task.Yield();
        try
        {
            var steps = ThumbnailSteps.Of(row.Width);
            if (await IsMadeAsync(row, steps, ct))
                return;
            var made = await MakeStepsAsync(row, steps, ct);
            metrics.Made(made is not null);
            foreach (var step in steps)
                await store.WriteAsync(ThumbnailSteps.KeyOf(row.BlobKey, step), new MemoryStream(made?[step] ?? [], writable: false), ct);
            // The content may have been deleted meanwhile; whoever did that deletes its thumbnails afterwards, and found none.
            if (!await IsThereAsync(row.BlobKey, ct))
                await store.DeleteThumbnailsAsync(row.BlobKey, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.ThumbnailsFailed(row.Id, e);
            throw new StoreUnavailableException("The thumbnails could not be made.", e);
        }
        finally
        {
            _underWay.TryRemove(row.BlobKey, out _);
        }
    }

    private async Task<IReadOnlyDictionary<int, byte[]>?> MakeStepsAsync(MediaRow row, IReadOnlyList<int> steps, CancellationToken ct)
    {
        await using var content = await store.OpenAsync(row.BlobKey, ct);
        if (content is null)
            return null;
        if (!FfmpegPosters.CanMake(options.Value, row.ContentType))
            return await FromPictureAsync(row, content, steps, ct);
        if (await posters.MakeAsync(content, row.ContentType, row.DurationMs, ct) is not { } poster)
            return null;
        if (row.DurationMs is null && poster.DurationMs is { } duration && await catalogue.FindAsync(row.Id, ct) is { IsThere: true, DurationMs: null } now)
            await catalogue.DescribeAsync(now with { DurationMs = duration }, ct);
        return await FromPictureAsync(row, new MemoryStream(poster.Picture, writable: false), steps, ct);
    }

    private async Task<IReadOnlyDictionary<int, byte[]>?> FromPictureAsync(MediaRow row, Stream file, IReadOnlyList<int> steps, CancellationToken ct)
    {
        using var turn = await turns.TakeAsync(row.Uploader, ct);
        var picture = await Task.Run(() => PictureLayout.Read(file, ct), ct);
        return picture is not null && decoder.IsWithinLimits(picture, file.Length)
            ? await decoder.DecodeAsync(file, picture, steps[^1], ThumbnailSteps.MaxHeight, bitmap => ThumbnailEncoder.Encode(bitmap, steps), ct)
            : null;
    }

    // Another server may have made them.
    private async Task<bool> IsMadeAsync(MediaRow row, IReadOnlyList<int> steps, CancellationToken ct)
    {
        foreach (var step in steps)
        {
            if (!await IsThereAsync(ThumbnailSteps.KeyOf(row.BlobKey, step), ct))
                return false;
        }
        return true;
    }

    private async Task<bool> IsThereAsync(string key, CancellationToken ct)
    {
        await using var file = await store.OpenAsync(key, ct);
        return file is not null;
    }

    private static async Task<Stream?> WithBytesAsync(Stream file)
    {
        if (file.Length > 0)
            return file;
        await file.DisposeAsync();
        return null;
    }
}
