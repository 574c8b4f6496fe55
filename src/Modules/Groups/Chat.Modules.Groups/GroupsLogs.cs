using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Groups;

/// <summary>Log lines of this module, 5000 to 5999.</summary>
internal static partial class GroupsLogs
{
    [LoggerMessage(EventId = 5001, Level = LogLevel.Information, Message = "A stale entry of {User} for {Group} in groups_entries was not deleted; it is harmless and is deleted when it is next read")]
    public static partial void EntryNotDeleted(this ILogger log, UserId user, ConversationId group, Exception e);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Warning, Message = "Notices of {Group} are not in its log yet; they are appended later")]
    public static partial void NoticesDelayed(this ILogger log, ConversationId group, Exception? e);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning, Message = "Notices that are not in the log could not be looked for; the next look finds them")]
    public static partial void NoticesNotFound(this ILogger log, Exception e);

    [LoggerMessage(EventId = 5005, Level = LogLevel.Information, Message = "A row of {Group} in groups_pending was not deleted; it is harmless and is deleted when it is next read")]
    public static partial void PendingNotDeleted(this ILogger log, ConversationId group, Exception e);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Warning, Message = "{Group}, changed by another server, was not read, or a subscriber failed; the next reader reads it")]
    public static partial void GroupNotRefreshed(this ILogger log, ConversationId group, Exception e);
}
