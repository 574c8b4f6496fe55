using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>Log lines about the platforms, 4150 to 4199.</summary>
internal static partial class PlatformLogs
{
    [LoggerMessage(EventId = 4150, Level = LogLevel.Warning, Message = "Push notifications: {Fault}")]
    public static partial void PlatformNotUsable(this ILogger log, string fault);
}
