using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Host.Transports;

/// <summary>Log lines of the live connections, 1000 to 1099; never a text, never a token.</summary>
internal static partial class TransportsLogs
{
    [LoggerMessage(EventId = 1001, Level = LogLevel.Error, Message = "A {Frame} frame of {Device} failed; it is answered with internal")]
    public static partial void FrameFailed(this ILogger log, Exception e, string frame, DeviceAddress device);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Warning, Message = "A store did not answer; a {Frame} frame of {Device} is answered with unavailable")]
    public static partial void StoreUnavailable(this ILogger log, Exception e, string frame, DeviceAddress device);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Debug, Message = "Closing the connection of {Device}: {Reason}")]
    public static partial void ConnectionClosing(this ILogger log, DeviceAddress device, CloseReason reason);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Debug, Message = "The connection of {Device} broke")]
    public static partial void ConnectionFailed(this ILogger log, Exception e, DeviceAddress device);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Information, Message = "{Device} did not read for {Milliseconds} ms; its connection is closed")]
    public static partial void WriteTimedOut(this ILogger log, DeviceAddress device, int milliseconds);

    [LoggerMessage(EventId = 1006, Level = LogLevel.Warning, Message = "A store did not answer; the new connection of {Device} is closed with 1001")]
    public static partial void StoreUnavailableAtConnect(this ILogger log, Exception e, DeviceAddress device);
}
