using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Mediation;

/// <summary>Log lines of the mediator, 8000 to 8999. None holds what is in a command.</summary>
internal static partial class MediationLogs
{
    [LoggerMessage(EventId = 8001, Level = LogLevel.Debug, Message = "{Command} was refused: {Code}")]
    public static partial void Refused(this ILogger log, string command, string code);

    [LoggerMessage(EventId = 8002, Level = LogLevel.Error, Message = "A subscriber of an event failed; the other subscribers ran")]
    public static partial void SubscriberFailed(this ILogger log, Exception e);
}
