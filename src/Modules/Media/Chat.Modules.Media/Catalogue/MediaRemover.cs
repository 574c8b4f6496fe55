using Chat.Modules.Media.Storage;
using Chat.Modules.Media.Thumbnails;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Media.Catalogue;

/// <summary>
/// Removes a file with all that it has: its content, unless another file has the same; its share of the quota; its idempotency key. Begun again after a crash it
/// ends what it began.
/// </summary>
/// <remarks>
/// An upload, or the making of thumbnails, that is under way meanwhile may write once more, and its server may die before it looks whether the file is still there. So
/// what was deleted is deleted again a good time later: nothing refers to it any more, and keys are never used twice.
/// </remarks>
internal sealed class MediaRemover(
    IMediaCatalogue catalogue, IResumableUploads resumable, IMediaStore store, IOptions<MediaOptions> options, TimeProvider clock)
{
    /// <summary>Removes the file if it is still as it was seen. False if it is not: it was kept, changed, or removed by another.</summary>
    /// <param name="seen">In state <see cref="MediaState.Removed"/>: one whose removal was begun.</param>
    public async Task<bool> TryRemoveAsync(MediaRow seen, CancellationToken ct)
    {
        if (seen.State != MediaState.Removed && !await catalogue.TryBeginRemovalAsync(seen, clock.GetUtcNow(), ct))
            return false;
        // An upload that is finished meanwhile finds itself removed; what it has stored by then is in the row.
        if (await catalogue.FindAsync(seen.Id, ct) is { } row)
            await CleanUpAsync(row, ct);
        return true;
    }

    /// <summary>Removes what is left of a file that nobody sees any more. May be called again.</summary>
    public async Task CleanUpAsync(MediaRow removed, CancellationToken ct)
    {
        if (removed.Hash is { } hash)
            await catalogue.DropReferenceAsync(hash, removed.Id, ct);
        foreach (var key in new[] { removed.BlobKey, removed.OwnKey, removed.StrippedKey }.Distinct())
        {
            if (removed.Hash is null || await catalogue.TryFreeAsync(removed.Hash, key, ct))
            {
                await DeleteAsync(key, ct);
                await catalogue.AddDueAsync(new DueEntry(clock.GetUtcNow() + options.Value.OrphanAfter, DueEntry.Deleted, key), ct);
            }
        }
        await store.DiscardAsync(removed.OwnKey, ct);
        await store.DiscardAsync(removed.StrippedKey, ct);
        await resumable.RemoveAsync(removed.Uploader, removed.Id, ct);
        await catalogue.ForgetAsync(removed, ct);
    }

    /// <summary>For a due entry: deletes what has come to a key since its bytes were deleted, finished or not.</summary>
    public async Task DeleteAgainAsync(string key, CancellationToken ct)
    {
        await store.DiscardAsync(key, ct);
        await DeleteAsync(key, ct);
    }

    private async Task DeleteAsync(string key, CancellationToken ct)
    {
        await store.DeleteAsync(key, ct);
        await store.DeleteThumbnailsAsync(key, ct);
    }
}
