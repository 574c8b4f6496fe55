using Chat.BuildingBlocks.Ids;
using Chat.Modules.Media.Contracts;

namespace Chat.Modules.Media.Catalogue;

/// <summary>How far a medium has got. The numbers are stored.</summary>
internal enum MediaState
{
    /// <summary>Its bytes are not all there; nobody sees it.</summary>
    Uploading = 0,

    Ready = 1,

    /// <summary>Held back until the virus scan has answered.</summary>
    Scanning = 2,

    /// <summary>The virus scan found something.</summary>
    Quarantined = 3,

    /// <summary>Being removed; nobody sees it, and it never comes back.</summary>
    Removed = 4,
}

/// <summary>An uploaded file, as the catalogue has it.</summary>
internal sealed record MediaRow
{
    public required MediaId Id { get; init; }

    public required UserId Uploader { get; init; }

    public required MediaState State { get; init; }

    /// <summary>Where its bytes are in the store. Its own (<see cref="OwnKey"/>, <see cref="StrippedKey"/>), or that of an equal file that was there before.</summary>
    public required string BlobKey { get; init; }

    /// <summary>SHA-256 of the stored bytes; null while uploading.</summary>
    public byte[]? Hash { get; init; }

    /// <summary>Stored bytes.</summary>
    public long Size { get; init; }

    public string ContentType { get; init; } = "application/octet-stream";

    public string? Name { get; init; }

    public int? Width { get; init; }

    public int? Height { get; init; }

    public long? DurationMs { get; init; }

    public string? Blurhash { get; init; }

    public bool HasThumbnail { get; init; }

    /// <summary>The uploader's <c>Idempotency-Key</c>.</summary>
    public string? IdempotencyKey { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Until then it stays without any message that has it.</summary>
    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>Where the bytes are put that were uploaded as this medium.</summary>
    public string OwnKey => OwnKeyOf(Id);

    /// <summary>Where they are put once more without their metadata, if they have any.</summary>
    public string StrippedKey => $"{Id}.s";

    /// <summary>Ready, scanning or quarantined: the upload is finished and nobody has removed it.</summary>
    public bool IsThere => State is MediaState.Ready or MediaState.Scanning or MediaState.Quarantined;

    public static string OwnKeyOf(MediaId id) => id.ToString();

    public MediaDescription Describe() => new(Id, ContentType, Size, Name, Width, Height, DurationMs, Blurhash, HasThumbnail);
}

/// <summary>Something to look at once its time has come. A due thing may have become needless meanwhile; looking at one twice does no harm.</summary>
/// <param name="Kind">What <paramref name="Id"/> names; <see cref="Medium"/>, <see cref="Deleted"/> or <see cref="AfterUpload.ScanDue"/>.</param>
internal sealed record DueEntry(DateTimeOffset At, string Kind, string Id)
{
    /// <summary>The id is a <see cref="MediaId"/>: unfinished, or without a message that has it, it is removed.</summary>
    public const string Medium = "media";

    /// <summary>The id is a key of the store whose bytes were deleted, and are deleted again if something has written them meanwhile.</summary>
    public const string Deleted = "deleted";
}
