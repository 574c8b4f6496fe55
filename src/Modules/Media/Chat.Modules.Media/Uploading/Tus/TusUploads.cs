using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Contracts;
using Chat.Modules.Media.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Uploading.Tus;

/// <summary>Where an upload stands.</summary>
/// <param name="IsFinished">The file is there.</param>
internal sealed record TusProgress(MediaId Id, long Length, long Offset, DateTimeOffset Expires, bool IsFinished);

/// <summary>Takes a file in as many requests as it needs.</summary>
internal sealed class TusUploads(
    IMediaCatalogue catalogue, IResumableUploads resumable, IMediaStore store, UploadFinisher finisher, MediaRemover remover, UploadsUnderWay underWay,
    UploadTurns turns, MediaMetrics metrics, IOptions<MediaOptions> options, TimeProvider clock, ILogger<TusUploads> log)
{
    /// <summary>Bytes after which what has come is entered: what a crash loses of a long request.</summary>
    private const long Slice = 8 * 1024 * 1024;

    /// <summary>How long a request holds its upload from its last entry on: longer than a slow client may take for the next.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);

    /// <summary>Refusals: <c>too_large</c>, <c>quota_exceeded</c>; <c>rate_limited</c> if too many are unfinished.</summary>
    public async Task<Result<TusProgress>> CreateAsync(UserId uploader, string? name, long length, CancellationToken ct)
    {
        if (length > options.Value.MaxBytes)
            return UploadErrors.TooLarge(options.Value.MaxBytes);
        if (await resumable.CountAsync(uploader, options.Value.MaxIncompleteUploads, ct) >= options.Value.MaxIncompleteUploads)
            return UploadErrors.TooManyIncomplete;
        var now = clock.GetUtcNow();
        var id = MediaId.New(now);
        var row = new MediaRow
        {
            Id = id, Uploader = uploader, State = MediaState.Uploading, BlobKey = MediaRow.OwnKeyOf(id), Size = length, Name = name, CreatedAt = now,
            KeepUntil = now + options.Value.OrphanAfter,
        };
        if (!await catalogue.TryBeginAsync(row, options.Value.QuotaOf(length), options.Value.QuotaBytes, ct))
            return UploadErrors.QuotaExceeded;
        var upload = new ResumableUpload(id, uploader, length, 0, null);
        await resumable.AddAsync(upload, ct);
        // Others may have been begun at the same time.
        if (await resumable.CountAsync(uploader, options.Value.MaxIncompleteUploads + 1, ct) > options.Value.MaxIncompleteUploads)
        {
            await remover.TryRemoveAsync(row, CancellationToken.None);
            return UploadErrors.TooManyIncomplete;
        }
        if (length > 0)
            return ProgressOf(row, upload);
        await store.AppendAsync(row.OwnKey, StoreProgress.None, Stream.Null, ct);
        return await FinishAsync(row, upload);
    }

    /// <summary>Refusal: <c>not_found</c>. An upload whose bytes are all here and that could not be finished is finished now.</summary>
    public async Task<Result<TusProgress>> FindAsync(UserId uploader, MediaId id, CancellationToken ct)
    {
        // First: one that is finished meanwhile is here no more, and there as a file.
        var found = await resumable.FindAsync(uploader, id, ct);
        if (await catalogue.FindAsync(id, ct) is not { } row || row.Uploader != uploader || row.State == MediaState.Removed)
            return MediaErrors.NotFound;
        if (row.IsThere)
            return FinishedOf(row);
        if (found is not { } upload)
            return MediaErrors.NotFound;
        if (upload.Offset < upload.Length)
            return ProgressOf(row, upload);
        var finished = await AppendAsync(uploader, id, upload.Offset, Stream.Null, null, ct);
        // Refused where the request that brought the last bytes has finished it before.
        return !finished.IsOk && await catalogue.FindAsync(id, ct) is { IsThere: true } file ? FinishedOf(file) : finished;
    }

    /// <summary>
    /// Refusals: <c>not_found</c>; <see cref="TusErrors.WrongOffset"/>; <see cref="TusErrors.Held"/> while another request writes; <see cref="TusErrors.WrongChecksum"/>;
    /// <c>rate_limited</c>; <c>unavailable</c> if there is no room or the client is too slow.
    /// </summary>
    /// <param name="body">What breaks off counts as far as it came, but not with a checksum.</param>
    public async Task<Result<TusProgress>> AppendAsync(UserId uploader, MediaId id, long offset, Stream body, Checksum? checksum, CancellationToken ct)
    {
        using var entry = underWay.TryEnter(uploader);
        if (entry is null)
            return UploadErrors.TooManyAtOnce;
        // Another user's is not interrupted.
        if (await resumable.FindAsync(uploader, id, ct) is null)
            return MediaErrors.NotFound;
        using var turn = await turns.TryTakeAsync(id, ct);
        if (turn is null)
            return TusErrors.Held;
        var holder = Guid.CreateVersion7();
        if (!await resumable.TryHoldAsync(uploader, id, holder, clock.GetUtcNow() + Hold, ct))
            return await resumable.FindAsync(uploader, id, ct) is null ? MediaErrors.NotFound : TusErrors.Held;
        try
        {
            // As it stands now that nobody else writes.
            if (await catalogue.FindAsync(id, ct) is not { State: MediaState.Uploading } row || await resumable.FindAsync(uploader, id, ct) is not { } upload)
                return MediaErrors.NotFound;
            if (upload.Offset != offset)
                return TusErrors.WrongOffset;
            return await AppendAsync(row, upload, holder, body, checksum, turn.Stopped, ct);
        }
        catch (StoreFullException e)
        {
            log.StoreFull(e);
            return UploadErrors.NoRoom;
        }
        finally
        {
            await resumable.ReleaseAsync(uploader, id, holder, CancellationToken.None);
        }
    }

    /// <summary>Refusal: <c>not_found</c>, also for an upload that is finished: that is a file.</summary>
    public async Task<Error?> EndAsync(UserId uploader, MediaId id, CancellationToken ct)
    {
        if (await catalogue.FindAsync(id, ct) is not { State: MediaState.Uploading } row || row.Uploader != uploader)
            return MediaErrors.NotFound;
        using var turn = await turns.TryTakeAsync(id, ct);
        if (turn is null)
            return TusErrors.Held;
        return await remover.TryRemoveAsync(row, ct) ? null : MediaErrors.NotFound;
    }

    private async Task<Result<TusProgress>> AppendAsync(
        MediaRow row, ResumableUpload upload, Guid holder, Stream body, Checksum? checksum, CancellationToken stopped, CancellationToken ct)
    {
        if (upload.Offset == upload.Length)
            return await FinishAsync(row, upload);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopped, ct);
        using var over = new CancellationTokenSource();
        var renewal = RenewAsync(upload, holder, ended, over.Token);
        try
        {
            return await AppendSlicesAsync(row, upload, holder, body, checksum, stopped, ended.Token);
        }
        finally
        {
            await over.CancelAsync();
            await renewal;
        }
    }

    private async Task<Result<TusProgress>> AppendSlicesAsync(
        MediaRow row, ResumableUpload upload, Guid holder, Stream body, Checksum? checksum, CancellationToken stopped, CancellationToken ended)
    {
        var now = upload;
        while (true)
        {
            // What has a checksum counts together, or not at all.
            var slice = new SliceStream(body, checksum is null ? Math.Min(Slice, upload.Length - now.Offset) : upload.Length - now.Offset, bytes => checksum?.Add(bytes), ended);
            // What came is kept, also of a client that has gone.
            var progress = await store.AppendAsync(row.OwnKey, new StoreProgress(now.Offset, now.State), slice, CancellationToken.None);
            metrics.Received(slice.Bytes);
            now = now with { Offset = progress.Bytes, State = progress.State };
            if (checksum is not null && (slice.Fault is not null || !checksum.Matches()))
            {
                await store.TakeBackAsync(row.OwnKey, new StoreProgress(upload.Offset, upload.State), progress, CancellationToken.None);
                return slice.Fault is null ? TusErrors.WrongChecksum : RefusalOf(slice.Fault, stopped);
            }
            if (!await resumable.TryMoveAsync(now, holder, clock.GetUtcNow() + Hold, CancellationToken.None))
                return await LostAsync(row);
            if (now.Offset == upload.Length)
                return await FinishAsync(row, now);
            if (slice.Fault is { } fault)
                return RefusalOf(fault, stopped);
            if (slice.IsAtEnd)
                return ProgressOf(row, now);
        }
    }

    // Another request holds it; or it was removed by another server, and then what came here since is removed, too.
    private async Task<Error> LostAsync(MediaRow row)
    {
        if (await resumable.FindAsync(row.Uploader, row.Id, CancellationToken.None) is not null)
            return TusErrors.Held;
        await store.DiscardAsync(row.OwnKey, CancellationToken.None);
        return MediaErrors.NotFound;
    }

    private static Error RefusalOf(Exception fault, CancellationToken stopped) => fault switch
    {
        UploadEndedException ended => ended.Error,
        _ when stopped.IsCancellationRequested => TusErrors.Held,
        // Nobody reads it.
        _ => UploadErrors.TooSlow,
    };

    // A slow client may take longer for a slice than it is held.
    private async Task RenewAsync(ResumableUpload upload, Guid holder, CancellationTokenSource ended, CancellationToken over)
    {
        using var timer = new PeriodicTimer(RenewEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                if (!await TryHoldAgainAsync(upload, holder))
                    await ended.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Over.
        }
    }

    private async Task<bool> TryHoldAgainAsync(ResumableUpload upload, Guid holder)
    {
        try
        {
            return await resumable.TryHoldAsync(upload.Uploader, upload.Id, holder, clock.GetUtcNow() + Hold, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The next time, or the entry, finds out.
            return true;
        }
    }

    private async Task<Result<TusProgress>> FinishAsync(MediaRow row, ResumableUpload upload)
    {
        await store.CompleteAsync(row.OwnKey, new StoreProgress(upload.Offset, upload.State), CancellationToken.None);
        var finished = await finisher.FinishAsync(row with { Size = upload.Length }, hash: null, CancellationToken.None);
        metrics.UploadEnded(finished.Error?.Code ?? "stored");
        if (finished.Error is { } refusal)
            return refusal;
        await resumable.RemoveAsync(row.Uploader, row.Id, CancellationToken.None);
        return ProgressOf(row, upload) with { IsFinished = true };
    }

    private static TusProgress FinishedOf(MediaRow row) => new(row.Id, row.Size, row.Size, row.KeepUntil, IsFinished: true);

    private static TusProgress ProgressOf(MediaRow row, ResumableUpload upload) => new(row.Id, upload.Length, upload.Offset, row.KeepUntil, IsFinished: false);
}
