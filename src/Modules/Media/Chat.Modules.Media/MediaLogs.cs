using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Media;

/// <summary>Log lines of the upload and the stores, 6500 to 6599. None holds a file's name.</summary>
internal static partial class MediaLogs
{
    [LoggerMessage(EventId = 6501, Level = LogLevel.Error, Message = "There is no room for media; uploads are refused")]
    public static partial void StoreFull(this ILogger log, Exception e);

    [LoggerMessage(EventId = 6502, Level = LogLevel.Warning, Message = "What is left of the ended upload {Media} could not be removed; the collector does it later")]
    public static partial void NotCleanedUp(this ILogger log, MediaId media, Exception e);

    [LoggerMessage(EventId = 6503, Level = LogLevel.Error, Message = "The bytes of {Media} are not in the store")]
    public static partial void BytesMissing(this ILogger log, MediaId media);
}
