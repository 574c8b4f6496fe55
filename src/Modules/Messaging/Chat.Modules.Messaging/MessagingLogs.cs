using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging;

internal static partial class MessagingLogs
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The log has not answered an append within {Timeout}; senders are told that it is unavailable")]
    public static partial void LogStalled(this ILogger log, TimeSpan timeout);

    [LoggerMessage(Level = LogLevel.Error, Message = "The message log is older than the cursors of {Conversations} conversations: messages were lost, or an older copy was put back. A new epoch begins; cursors above the heads were moved down to them")]
    public static partial void LogIsOlder(this ILogger log, int conversations);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Contents} erased contents have left the message log's files")]
    public static partial void ErasedSwept(this ILogger log, int contents);

    [LoggerMessage(Level = LogLevel.Error, Message = "Erased contents are still in the message log's files; the next sweep tries again")]
    public static partial void ErasureSweepFailed(this ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log answers appends again")]
    public static partial void LogGoesOn(this ILogger log);
}
