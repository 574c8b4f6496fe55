using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Media.Catalogue;

/// <summary>An upload that comes in several requests; its row in <see cref="IMediaCatalogue"/> is uploading.</summary>
/// <param name="Length">Bytes of the file.</param>
/// <param name="Offset">Bytes that are stored.</param>
/// <param name="State">The store's own (<see cref="Storage.StoreProgress"/>).</param>
internal sealed record ResumableUpload(MediaId Id, UserId Uploader, long Length, long Offset, string? State);

/// <summary>The uploads that come in several requests. One request at a time holds an upload, of all servers. Passes ResumableUploadsContract.</summary>
internal interface IResumableUploads
{
    Task AddAsync(ResumableUpload upload, CancellationToken ct);

    /// <summary>Null where there is none, and for another user's.</summary>
    Task<ResumableUpload?> FindAsync(UserId uploader, MediaId id, CancellationToken ct);

    /// <summary>How many the user has, counted up to <paramref name="most"/>.</summary>
    Task<int> CountAsync(UserId uploader, int most, CancellationToken ct);

    /// <summary>Holds an upload until then, or for longer if the holder has it already. False if another holds it, or there is none.</summary>
    Task<bool> TryHoldAsync(UserId uploader, MediaId id, Guid holder, DateTimeOffset until, CancellationToken ct);

    /// <summary>Enters how far it has got, and holds it until then. False, and nothing changes, if the holder does not hold it any more.</summary>
    Task<bool> TryMoveAsync(ResumableUpload moved, Guid holder, DateTimeOffset until, CancellationToken ct);

    /// <summary>Nothing happens where the holder does not hold it.</summary>
    Task ReleaseAsync(UserId uploader, MediaId id, Guid holder, CancellationToken ct);

    /// <summary>Nothing happens where there is none.</summary>
    Task RemoveAsync(UserId uploader, MediaId id, CancellationToken ct);
}
