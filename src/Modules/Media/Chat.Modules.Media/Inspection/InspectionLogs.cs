using Microsoft.Extensions.Logging;

namespace Chat.Modules.Media.Inspection;

/// <summary>Log lines of reading pictures.</summary>
internal static partial class InspectionLogs
{
    [LoggerMessage(EventId = 6701, Level = LogLevel.Information, Message = "A picture ({ContentType}, {Width} x {Height}, {Bytes} bytes) is larger than Media:MaxPicturePixels or Media:MaxPictureBytes; it gets no thumbnail")]
    public static partial void PictureTooLarge(this ILogger log, string contentType, int width, int height, long bytes);

    [LoggerMessage(EventId = 6702, Level = LogLevel.Warning, Message = "A picture ({ContentType}, {Width} x {Height}, {Bytes} bytes) was not decoded within Media:DecodeTimeoutMs; it is treated as a plain file")]
    public static partial void PictureTooSlow(this ILogger log, string contentType, int width, int height, long bytes);

    [LoggerMessage(EventId = 6703, Level = LogLevel.Information, Message = "A picture ({ContentType}, {Width} x {Height}, {Bytes} bytes) is broken: {Reason}; it is treated as a plain file")]
    public static partial void PictureBroken(this ILogger log, string contentType, int width, int height, long bytes, string reason);
}
