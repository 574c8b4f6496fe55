using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>Section <c>Media</c>: thumbnails, and the posters of videos.</summary>
internal sealed class ThumbnailOptions
{
    /// <summary>Contents whose thumbnails are made or wait for that on one server; more are <c>unavailable</c>. 1 to 100 000; default 1 000.</summary>
    [Range(1, 100_000)] public int MaxThumbnailWork { get; init; } = 1_000;

    /// <summary>The path of ffmpeg, which makes posters of videos, and tells how long they are where their header does not. Default none: videos have no poster.</summary>
    public string? Ffmpeg { get; init; }

    /// <summary>Seconds, of wall and of processor time, that ffmpeg may take for one video. 1 to 600; default 20.</summary>
    [Range(1, 600)] public int FfmpegSeconds { get; init; } = 20;

    /// <summary>Bytes of address space that ffmpeg may have. 268 435 456 to 17 179 869 184; default 2 147 483 648 (2 GiB). Not limited on Windows.</summary>
    [Range(268_435_456, 17_179_869_184)] public long FfmpegMemoryBytes { get; init; } = 2_147_483_648;

    /// <summary>ffmpeg processes at the same time on one server; others wait. 1 to 32; default 1.</summary>
    [Range(1, 32)] public int FfmpegProcesses { get; init; } = 1;
}
