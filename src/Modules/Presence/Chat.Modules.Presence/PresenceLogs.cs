using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Presence;

/// <summary>Log lines of this module, 6000 to 6999.</summary>
internal static partial class PresenceLogs
{
    [LoggerMessage(EventId = 6001, Level = LogLevel.Error, Message = "The change of {User}'s presence was not announced; it is tried again in a second")]
    public static partial void AnnouncementFailed(this ILogger log, UserId user, Exception e);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "Last-seen times were not written; they are tried again with the next")]
    public static partial void LastSeenNotWritten(this ILogger log, Exception e);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Error, Message = "Another server was not told which users' presence is watched here; it is tried again in a second")]
    public static partial void WatchesNotDeclared(this ILogger log, Exception e);
}
