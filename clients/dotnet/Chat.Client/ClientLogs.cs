using Microsoft.Extensions.Logging;

namespace Chat.Client;

/// <summary>What a client logs; never a text, never a token.</summary>
internal static partial class ClientLogs
{
    [LoggerMessage(EventId = 1, EventName = "Failed", Level = LogLevel.Error, Message = "{What} failed")]
    public static partial void Failed(this ILogger log, Exception e, string what);

    [LoggerMessage(EventId = 2, EventName = "CallFailed", Level = LogLevel.Information, Message = "{What} failed: {Code}")]
    public static partial void CallFailed(this ILogger log, string what, string code);

    [LoggerMessage(EventId = 3, EventName = "Connected", Level = LogLevel.Information, Message = "Connected as {User}/{Device}")]
    public static partial void Connected(this ILogger log, string user, string device);

    [LoggerMessage(EventId = 4, EventName = "ConnectionLost", Level = LogLevel.Information, Message = "The connection was closed ({Reason}: {Text}); next attempt in {Pause}")]
    public static partial void ConnectionLost(this ILogger log, CloseReason reason, string text, TimeSpan pause);

    [LoggerMessage(EventId = 5, EventName = "SessionEnded", Level = LogLevel.Information, Message = "The session has ended: {Reason}")]
    public static partial void SessionEnded(this ILogger log, SignedOutReason reason);

    [LoggerMessage(EventId = 6, EventName = "StoreFailed", Level = LogLevel.Error, Message = "The store cannot be read or written")]
    public static partial void StoreFailed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 7, EventName = "NewEpoch", Level = LogLevel.Warning, Message = "The server's log lost data: the cached messages are deleted and read again")]
    public static partial void NewEpoch(this ILogger log);

    [LoggerMessage(EventId = 8, EventName = "Refused", Level = LogLevel.Information, Message = "The server refused a frame: {Code}: {Text}")]
    public static partial void Refused(this ILogger log, string code, string text);

    [LoggerMessage(EventId = 9, EventName = "BadFrame", Level = LogLevel.Warning, Message = "A frame of the server cannot be read")]
    public static partial void BadFrame(this ILogger log, Exception e);
}
