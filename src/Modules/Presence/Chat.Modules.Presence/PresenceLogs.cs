using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Presence;

internal static partial class PresenceLogs
{
    [LoggerMessage(Level = LogLevel.Error, Message = "The change of {User}'s presence could not be announced; tried again soon")]
    public static partial void AnnouncementFailed(this ILogger log, UserId user, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Last-seen times could not be written; tried again with the next")]
    public static partial void LastSeenNotWritten(this ILogger log, Exception e);
}
