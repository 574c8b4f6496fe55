using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Notifications.Platforms;

/// <summary>Log lines about the platforms, 4150 to 4199.</summary>
internal static partial class PlatformLogs
{
    [LoggerMessage(EventId = 4150, Level = LogLevel.Warning, Message = "Push notifications: {Fault}")]
    public static partial void PlatformNotUsable(this ILogger log, string fault);

    [LoggerMessage(EventId = 4151, Level = LogLevel.Warning, Message = "The push service at {Origin} refuses this server's key or Push:WebPush:Subject ({Status}), or the subscription is for another key; said once an hour, and chat.push.failed counts them")]
    public static partial void KeyRefused(this ILogger log, string origin, int status);
}
