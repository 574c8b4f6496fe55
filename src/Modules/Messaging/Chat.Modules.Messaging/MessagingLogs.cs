using Chat.BuildingBlocks.Nodes;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Messaging;

/// <summary>Log lines of this module, 3000 to 3999. None holds the text of a message.</summary>
internal static partial class MessagingLogs
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "The message log did not answer an append within {Timeout}; senders are told unavailable")]
    public static partial void LogStalled(this ILogger log, TimeSpan timeout);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "The message log answers appends again")]
    public static partial void LogAnswersAgain(this ILogger log);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Error, Message = "The message log is older than the cursors of {Conversations} conversations: messages were lost, or an older copy was put back. A new epoch begins; cursors above the heads were moved down to them")]
    public static partial void LogIsOlder(this ILogger log, int conversations);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Information, Message = "{Contents} erased contents were removed from the message log's files")]
    public static partial void ErasedSwept(this ILogger log, int contents);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Error, Message = "Erased contents are still in the message log's files; the next sweep tries again")]
    public static partial void ErasureSweepFailed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Warning, Message = "The clock is {Behind} behind the newest message: it was set back, or was ahead when that was written. Conversations are ordered as their messages were written; times shown follow the clock")]
    public static partial void ClockIsBehind(this ILogger log, TimeSpan behind);

    [LoggerMessage(EventId = 3007, Level = LogLevel.Information, Message = "The clock is past the newest message again")]
    public static partial void ClockHasCaughtUp(this ILogger log);

    [LoggerMessage(EventId = 3008, Level = LogLevel.Information, Message = "The inbox is new: each user's part is built from the log when the user first connects or lists conversations")]
    public static partial void InboxIsNew(this ILogger log);

    [LoggerMessage(EventId = 3009, Level = LogLevel.Information, Message = "The inbox is more than {Appends} messages behind the log and is dropped: each user's part is built from the log when the user next connects")]
    public static partial void InboxIsTooFarBehind(this ILogger log, int appends);

    [LoggerMessage(EventId = 3010, Level = LogLevel.Warning, Message = "The inbox was not stored; it is kept in memory until a store succeeds")]
    public static partial void InboxNotStored(this ILogger log, Exception e);

    [LoggerMessage(EventId = 3011, Level = LogLevel.Warning, Message = "The inbox is not used yet, as servers may be running that do not write it: lists and connects read the heads of all the user's conversations. docs/operations.md says how to begin")]
    public static partial void InboxIsNotUsed(this ILogger log);

    [LoggerMessage(EventId = 3012, Level = LogLevel.Warning, Message = "A user's part of the inbox was not stored; it is read from the log until a store succeeds")]
    public static partial void InboxPartNotStored(this ILogger log, Exception e);

    [LoggerMessage(EventId = 3013, Level = LogLevel.Warning, Message = "This server's stream of the change feed was not renewed; the renewal is tried again")]
    public static partial void StreamNotRenewed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 3014, Level = LogLevel.Warning, Message = "Node {Node} has not answered for {Timeout}: messages of the conversations that it appends are appended by this server for now")]
    public static partial void HomeSilent(this ILogger log, NodeId node, TimeSpan timeout);

    [LoggerMessage(EventId = 3015, Level = LogLevel.Error, Message = "Appending for another server failed unexpectedly; its client was told unavailable")]
    public static partial void HandedAppendFailed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 3017, Level = LogLevel.Information, Message = "The contents of {Count} messages that have expired, or are older than messages are kept, were erased")]
    public static partial void ExpiredSwept(this ILogger log, int count);

    [LoggerMessage(EventId = 3016, Level = LogLevel.Warning, Message = "Whether all deleted messages are erased could not be looked up; it is tried again")]
    public static partial void ErasuresNotFollowed(this ILogger log, Exception e);
}
