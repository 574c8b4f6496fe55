using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports;

/// <summary>Log lines of the live connections, 1000 to 1099; never a text, never a token.</summary>
internal static partial class TransportsLogs
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Error, Message = "A {Frame} of {Device} failed")]
    public static partial void FrameFailed(this ILogger log, Exception e, string frame, DeviceAddress device);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Warning, Message = "A {Frame} of {Device} found no store")]
    public static partial void StoreUnavailable(this ILogger log, Exception e, string frame, DeviceAddress device);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Debug, Message = "A connection of {Device} is closed: {Reason}")]
    public static partial void ConnectionClosing(this ILogger log, DeviceAddress device, CloseReason reason);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Debug, Message = "A connection of {Device} broke")]
    public static partial void ConnectionFailed(this ILogger log, Exception e, DeviceAddress device);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Information, Message = "The client at {Device} did not read for too long; connection closed")]
    public static partial void WriteTimedOut(this ILogger log, DeviceAddress device);
}
