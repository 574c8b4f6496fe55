using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Media.Thumbnails;

/// <summary>Log lines of thumbnails.</summary>
internal static partial class ThumbnailLogs
{
    [LoggerMessage(EventId = 6711, Level = LogLevel.Error, Message = "The thumbnails of {Media} could not be made; they are tried again when they are asked for")]
    public static partial void ThumbnailsFailed(this ILogger log, MediaId media, Exception e);

    [LoggerMessage(EventId = 6712, Level = LogLevel.Error, Message = "ffmpeg cannot be started as Media:Ffmpeg names it; videos have no posters")]
    public static partial void FfmpegNotStarted(this ILogger log, Exception e);

    [LoggerMessage(EventId = 6713, Level = LogLevel.Information, Message = "ffmpeg made no poster of a video ({ContentType}); it ended with {ExitCode}")]
    public static partial void PosterFailed(this ILogger log, string contentType, int exitCode);

    [LoggerMessage(EventId = 6714, Level = LogLevel.Warning, Message = "ffmpeg was ended at a video ({ContentType}): it took longer than Media:FfmpegSeconds, or wrote too much")]
    public static partial void PosterAborted(this ILogger log, string contentType);
}
