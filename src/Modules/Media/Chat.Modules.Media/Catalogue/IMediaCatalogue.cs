using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Catalogue;

/// <summary>What is stored of the files, but for their bytes. Passes MediaCatalogueContract.</summary>
/// <remarks>
/// A file's way: <see cref="TryBeginAsync"/>, its bytes to the store at <see cref="MediaRow.OwnKey"/>, <see cref="ReferAsync"/>, <see cref="FinishAsync"/>.
/// Whatever step a server dies at, the row's <see cref="DueEntry"/> is there, and <see cref="MediaRemover"/> leaves nothing behind. All methods throw
/// <see cref="StoreUnavailableException"/> when the database does not answer; then they may have happened, and may be called again.
/// </remarks>
internal interface IMediaCatalogue
{
    /// <summary>Of whatever state; null where there is none.</summary>
    Task<MediaRow?> FindAsync(MediaId id, CancellationToken ct);

    /// <summary>The file that the user uploaded with this idempotency key, once it is finished; null where there is none.</summary>
    Task<MediaRow?> FindByKeyAsync(UserId uploader, string key, CancellationToken ct);

    /// <summary>
    /// Adds a row in state <see cref="MediaState.Uploading"/>, which is due at its <see cref="MediaRow.KeepUntil"/>, and takes its bytes of the uploader's
    /// quota, in one step with the check.
    /// </summary>
    /// <param name="bytes">What the file will have, as far as is known; 0 or more.</param>
    /// <param name="quota">Bytes.</param>
    /// <returns>False, and nothing is there, if the uploader's files would have more than <paramref name="quota"/>.</returns>
    Task<bool> TryBeginAsync(MediaRow begun, long bytes, long quota, CancellationToken ct);

    /// <summary>Changes what a file takes of its uploader's quota, to more or less. False, and it stays as it was, if that is more than the quota has.</summary>
    Task<bool> TryReserveAsync(UserId uploader, MediaId id, long bytes, long quota, CancellationToken ct);

    /// <summary>The bytes of all the user's files, those that are being uploaded included.</summary>
    Task<long> UsageAsync(UserId user, CancellationToken ct);

    /// <summary>
    /// Refers to the content with this hash: that of a file that is there, or from now on this one's own. The row has hash and blob key from then on.
    /// </summary>
    /// <param name="hash">SHA-256 of the bytes.</param>
    /// <param name="storedAt">Where they are in the store: <see cref="MediaRow.OwnKey"/> or <see cref="MediaRow.StrippedKey"/>.</param>
    /// <returns>Where the content is. If that is another key, the bytes at <paramref name="storedAt"/> have no use. Null if the row is not uploading any more.</returns>
    Task<string?> ReferAsync(MediaId id, byte[] hash, string storedAt, CancellationToken ct);

    /// <summary>Makes an uploading row what it is to be, with its idempotency key, and due at its <see cref="MediaRow.KeepUntil"/>.</summary>
    /// <param name="finished">With hash and blob key as <see cref="ReferAsync"/> left them.</param>
    /// <returns>
    /// The row; or that of the upload which had the same idempotency key first, and then this one is to be removed; null if it is not uploading any more.
    /// </returns>
    Task<MediaRow?> FinishAsync(MediaRow finished, CancellationToken ct);

    /// <summary>Replaces what is said of a file that is there: type, picture, duration, thumbnail and state. False where it is not there (any more).</summary>
    Task<bool> DescribeAsync(MediaRow described, CancellationToken ct);

    /// <summary>
    /// Keeps a file at least until then; it is due then. Each call moves <see cref="MediaRow.KeepUntil"/>, so that no removal which was decided before it happens.
    /// Whoever lets a message have the file adds the use first, and then keeps it: a removal looks for uses first, and then at what was kept.
    /// </summary>
    /// <returns>False where it is not there (any more).</returns>
    Task<bool> KeepAsync(MediaId id, DateTimeOffset until, CancellationToken ct);

    /// <summary>Nobody sees it from here on; due at once, for whoever finishes the removal.</summary>
    /// <returns>False, and nothing changes, if its state or <see cref="MediaRow.KeepUntil"/> are not as in <paramref name="seen"/> any more.</returns>
    Task<bool> TryBeginRemovalAsync(MediaRow seen, DateTimeOffset now, CancellationToken ct);

    /// <summary>The file no longer refers to content with this hash. Nothing happens where it did not.</summary>
    Task DropReferenceAsync(byte[] hash, MediaId id, CancellationToken ct);

    /// <summary>Whether nothing refers to the bytes at this key. If so, nothing ever will, and they may be deleted.</summary>
    Task<bool> TryFreeAsync(byte[] hash, string blobKey, CancellationToken ct);

    /// <summary>The last step of a removal: gives back the quota, and forgets the row and its idempotency key.</summary>
    Task ForgetAsync(MediaRow removed, CancellationToken ct);

    /// <summary>Adds something to be looked at.</summary>
    Task AddDueAsync(DueEntry due, CancellationToken ct);

    /// <summary>What was due before this time, oldest first, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<DueEntry>> GetDueAsync(DateTimeOffset before, int limit, CancellationToken ct);

    /// <summary>It was looked at. Nothing happens where it is not there.</summary>
    Task DropDueAsync(DueEntry due, CancellationToken ct);
}
