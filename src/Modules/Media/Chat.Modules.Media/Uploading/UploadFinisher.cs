using System.Security.Cryptography;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Catalogue;
using Chat.Modules.Media.Inspection;
using Chat.Modules.Media.Storage;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Uploading;

/// <summary>Makes a file of bytes that are all in the store: tells what it is, strips it, looks whether it is there already, and enters it.</summary>
internal sealed class UploadFinisher(
    IMediaCatalogue catalogue, IMediaStore store, IMediaInspector inspector, InspectionTurns turns, MediaRemover remover, AfterUpload after, IOptions<MediaOptions> options, TimeProvider clock)
{
    /// <summary>Refusals: not found if the upload was removed meanwhile. If this throws, the row is still there, and may be finished again or removed.</summary>
    /// <param name="uploading">The row, whose bytes are at its <see cref="MediaRow.OwnKey"/>.</param>
    /// <param name="hash">SHA-256 of the bytes; null where it is not known.</param>
    /// <returns>The file; or that of the first upload with the same idempotency key.</returns>
    public async Task<Result<MediaRow>> FinishAsync(MediaRow uploading, byte[]? hash, CancellationToken ct)
    {
        await using var file = await store.OpenAsync(uploading.OwnKey, ct) ?? throw new StoreUnavailableException("The uploaded bytes are not in the store.");
        var told = await InspectAsync(uploading.Uploader, file, ct);
        var (storedAt, size, stored) = told.Stripped is { } parts ? await StripAsync(uploading, file, parts, ct) : (uploading.OwnKey, file.Length, hash);
        stored ??= await HashAsync(file, ct);
        if (size != uploading.Size)
            await catalogue.TryReserveAsync(uploading.Uploader, uploading.Id, options.Value.QuotaOf(size), long.MaxValue, ct);
        if (await catalogue.ReferAsync(uploading.Id, stored, storedAt, ct) is not { } key)
            return await EndAsync(uploading);
        if (key != storedAt)
            await RestoreAsync(key, storedAt, size, ct);
        foreach (var unused in new[] { uploading.OwnKey, storedAt }.Where(unused => unused != key).Distinct())
            await store.DeleteAsync(unused, ct);
        var row = uploading with
        {
            State = MediaState.Ready,
            BlobKey = key,
            Hash = stored,
            Size = size,
            ContentType = told.ContentType,
            Width = told.Width,
            Height = told.Height,
            DurationMs = told.DurationMs,
            Blurhash = told.Blurhash,
            HasThumbnail = told.CanHaveThumbnail,
            KeepUntil = clock.GetUtcNow() + options.Value.OrphanAfter,
        };
        row = await after.PrepareAsync(row, ct);
        var finished = await catalogue.FinishAsync(row, ct);
        if (finished is null)
            return await EndAsync(row);
        if (finished.Id == row.Id)
            await after.ContinueAsync(finished, ct);
        else if (await catalogue.FindAsync(row.Id, ct) is { } second)
            await remover.TryRemoveAsync(second, ct);
        return finished;
    }

    private async Task<Inspected> InspectAsync(UserId uploader, Stream file, CancellationToken ct)
    {
        using var turn = await turns.TakeAsync(uploader, ct);
        return await inspector.InspectAsync(file, ct);
    }

    private async Task<(string Key, long Size, byte[]? Hash)> StripAsync(MediaRow row, Stream file, FileParts parts, CancellationToken ct)
    {
        await using var stripped = new HashedStream(parts.Open(file));
        await store.WriteAsync(row.StrippedKey, stripped, ct);
        return (row.StrippedKey, parts.Length, stripped.TakeHash());
    }

    // A store that has lost the bytes gets them again with the first upload of them: else they would be lost to all later ones, too.
    private async Task RestoreAsync(string key, string storedAt, long size, CancellationToken ct)
    {
        await using (var there = await store.OpenAsync(key, ct))
        {
            if (there?.Length == size)
                return;
        }
        await using var again = await store.OpenAsync(storedAt, ct) ?? throw new StoreUnavailableException("The uploaded bytes are not in the store.");
        await store.WriteAsync(key, again, ct);
    }

    // It is not uploading any more: another request has finished it, and then it is a file; or it was removed, and what came after that is removed, too.
    private async Task<Result<MediaRow>> EndAsync(MediaRow row)
    {
        if (await catalogue.FindAsync(row.Id, CancellationToken.None) is not { IsThere: true } file)
        {
            await remover.CleanUpAsync(row, CancellationToken.None);
            return UploadErrors.Removed;
        }
        foreach (var unused in new[] { file.OwnKey, file.StrippedKey }.Where(unused => unused != file.BlobKey))
            await store.DeleteAsync(unused, CancellationToken.None);
        return file;
    }

    private static async Task<byte[]> HashAsync(Stream file, CancellationToken ct)
    {
        file.Position = 0;
        return await SHA256.HashDataAsync(file, ct);
    }
}
