using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging;

internal static partial class MessagingLogs
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The log has not answered an append within {Timeout}; senders are told that it is unavailable")]
    public static partial void LogStalled(this ILogger log, TimeSpan timeout);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log answers appends again")]
    public static partial void LogGoesOn(this ILogger log);
}
