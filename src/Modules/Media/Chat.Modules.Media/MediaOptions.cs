using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Media;

/// <summary>How clients get the bytes of files.</summary>
internal enum MediaDelivery
{
    /// <summary>Through this server.</summary>
    Stream,

    /// <summary>By an address of the store that is good for five minutes, where it has such: from S3. The page does not follow it: its policy allows this server alone.</summary>
    Redirect,
}

/// <summary>Section <c>Media</c>: uploaded files.</summary>
internal sealed class MediaOptions
{
    /// <summary>
    /// The folder of the files' bytes, created if missing; servers with one database share it. Not with <c>Media:S3:Bucket</c>. Default <c>media</c> in the data
    /// directory; required with <c>Cql:ContactPoints</c>, unless there is a bucket.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>Whether the copies in <c>Backup:Directory</c> have the folder's bytes, too. Default true.</summary>
    public bool BackUp { get; init; } = true;

    /// <summary>
    /// Bytes that uploads leave free on the disk of the folder, so that messages go on where files have taken all else; with less room uploads are
    /// <c>unavailable</c>. 0 to 1 125 899 906 842 624; default 536 870 912 (512 MiB).
    /// </summary>
    [Range(0, 1_125_899_906_842_624)] public long MinFreeBytes { get; init; } = 512 * 1024 * 1024;

    /// <summary>How clients get the bytes of files. Default <c>Stream</c>.</summary>
    public MediaDelivery Delivery { get; init; } = MediaDelivery.Stream;

    /// <summary>The largest file in bytes; a larger one is <c>too_large</c>. 1 to 1 099 511 627 776; default 104 857 600 (100 MiB).</summary>
    [Range(1, 1_099_511_627_776)] public long MaxBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>
    /// What the files of one user may have together, in bytes; more is <c>quota_exceeded</c>. 1 to 1 125 899 906 842 624; default 5 368 709 120 (5 GiB).
    /// </summary>
    [Range(1, 1_125_899_906_842_624)] public long QuotaBytes { get; init; } = 5L * 1024 * 1024 * 1024;

    /// <summary>
    /// What a file takes of its user's quota at least, in bytes: many empty files fill a disk's table of files, if not the disk. 0 to 1 048 576; default 16 384, of which
    /// ext4 has one place in that table.
    /// </summary>
    [Range(0, 1_048_576)] public int QuotaBytesPerFile { get; init; } = 16_384;

    /// <summary>What a file of so many bytes takes of its user's quota.</summary>
    public long QuotaOf(long bytes) => Math.Max(bytes, QuotaBytesPerFile);

    /// <summary>
    /// How long a file stays that no message has, and an unfinished upload, in seconds; longer than a send may take. 60 to 31 536 000; default 86 400 (a day).
    /// </summary>
    [Range(60, 31_536_000)] public int OrphanAfterSeconds { get; init; } = 86_400;

    /// <summary>A pause after each file that the collector looks at, in milliseconds. 0 to 10 000; default 5.</summary>
    [Range(0, 10_000)] public int CollectPauseMs { get; init; } = 5;

    public TimeSpan OrphanAfter => TimeSpan.FromSeconds(OrphanAfterSeconds);

    /// <summary>Uploads of one user that one server takes at the same time; more are <c>rate_limited</c>. 1 to 1 000; default 8.</summary>
    [Range(1, 1_000)] public int MaxUploadsPerUser { get; init; } = 8;

    /// <summary>Resumable uploads of one user that are not finished; a further one is <c>rate_limited</c>. 1 to 10 000; default 32.</summary>
    [Range(1, 10_000)] public int MaxIncompleteUploads { get; init; } = 32;

    /// <summary>How long an upload may bring nothing before it is ended, in milliseconds. 1 000 to 600 000; default 60 000.</summary>
    [Range(1_000, 600_000)] public int StallTimeoutMs { get; init; } = 60_000;

    public TimeSpan StallTimeout => TimeSpan.FromMilliseconds(StallTimeoutMs);

    /// <summary>
    /// An upload that is slower than this over its whole time, and a download whose client reads slower, is ended; in bytes a second. Instead of
    /// <c>Http:MinBytesPerSecond</c>. 16 to 1 048 576; default 512.
    /// </summary>
    [Range(16, 1_048_576)] public int MinBytesPerSecond { get; init; } = 512;

    /// <summary>Ranges of one request for a file; with more it is sent whole. 1 to 1 000; default 16.</summary>
    [Range(1, 1_000)] public int MaxRanges { get; init; } = 16;
}
