using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Uploading;

/// <summary>Takes a file in one go, from the client straight to the store. Whatever ends it, nothing is left of an upload that was not answered with its file.</summary>
internal sealed class Uploads(
    IMediaCatalogue catalogue, IMediaStore store, UploadFinisher finisher, MediaRemover remover, UploadsUnderWay underWay, MediaMetrics metrics,
    IOptions<MediaOptions> options, TimeProvider clock, ILogger<Uploads> log)
{
    /// <summary>
    /// Refusals: <c>too_large</c>, <c>quota_exceeded</c>, <c>rate_limited</c>, <c>unavailable</c> if the store has no room or the client is too slow, <c>not_found</c> if it
    /// took until the upload was removed.
    /// </summary>
    /// <param name="file">Read to its end, once.</param>
    /// <param name="length">Its bytes, if they are known; it may turn out to have more or less.</param>
    public async Task<Result<MediaRow>> TakeAsync(UserId uploader, string? name, string? key, Stream file, long? length, CancellationToken ct)
    {
        var result = await MeterAsync(() => BeginAsync(uploader, name, key, file, length, ct));
        metrics.UploadEnded(result.Error?.Code ?? "stored");
        return result;
    }

    /// <summary>The file of the upload that had this idempotency key; null where there is none.</summary>
    public Task<MediaRow?> FindAsync(UserId uploader, string key, CancellationToken ct) => catalogue.FindByKeyAsync(uploader, key, ct);

    /// <summary>Counts an upload that ends without an answer.</summary>
    private async Task<Result<MediaRow>> MeterAsync(Func<Task<Result<MediaRow>>> upload)
    {
        try
        {
            return await upload();
        }
        catch
        {
            metrics.UploadEnded("aborted");
            throw;
        }
    }

    private async Task<Result<MediaRow>> BeginAsync(UserId uploader, string? name, string? key, Stream file, long? length, CancellationToken ct)
    {
        if (length > options.Value.MaxBytes)
            return UploadErrors.TooLarge(options.Value.MaxBytes);
        using var entry = underWay.TryEnter(uploader);
        if (entry is null)
            return UploadErrors.TooManyAtOnce;
        var id = MediaId.New(clock.GetUtcNow());
        var row = new MediaRow
        {
            Id = id, Uploader = uploader, State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), Name = name, IdempotencyKey = key,
            CreatedAt = clock.GetUtcNow(), KeepUntil = clock.GetUtcNow() + options.Value.OrphanAfter,
        };
        if (!await catalogue.TryBeginAsync(row, options.Value.QuotaOf(length ?? 0), options.Value.QuotaBytes, ct))
            return UploadErrors.QuotaExceeded;
        try
        {
            return await StoreAsync(row, file, length ?? 0, ct);
        }
        catch (UploadEndedException e)
        {
            await CleanUpAsync(row);
            return e.Error;
        }
        catch (StoreFullException e)
        {
            log.StoreFull(e);
            await CleanUpAsync(row);
            return UploadErrors.NoRoom;
        }
        catch
        {
            await CleanUpAsync(row);
            throw;
        }
    }

    private async Task<Result<MediaRow>> StoreAsync(MediaRow row, Stream file, long reserved, CancellationToken ct)
    {
        await using var measured = new MeasuredStream(file, row.Uploader, row.Id, reserved, catalogue, options.Value);
        await store.WriteAsync(row.OwnKey, measured, ct);
        metrics.Received(measured.Bytes);
        if (measured.Bytes != reserved)
            await catalogue.TryReserveAsync(row.Uploader, row.Id, options.Value.QuotaOf(measured.Bytes), long.MaxValue, ct);
        // All bytes are here: a client that hangs up now finds its file when it comes again with the same key.
        return await finisher.FinishAsync(row with { Size = measured.Bytes }, measured.TakeHash(), CancellationToken.None);
    }

    private async Task CleanUpAsync(MediaRow row)
    {
        try
        {
            await remover.TryRemoveAsync(row, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            log.NotCleanedUp(row.Id, e);
        }
    }
}
