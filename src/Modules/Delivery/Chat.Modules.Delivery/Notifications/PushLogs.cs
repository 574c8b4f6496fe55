using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Notifications;

/// <summary>Log lines of push notifications, 4100 to 4149.</summary>
internal static partial class PushLogs
{
    [LoggerMessage(EventId = 4100, Level = LogLevel.Error, Message = "The members of {Conversation} could not be looked at for push notifications; it is tried again soon ({Times} such failures since the last line; one a minute is written)")]
    public static partial void NotPlanned(this ILogger log, ConversationId conversation, long times, Exception e);

    [LoggerMessage(EventId = 4101, Level = LogLevel.Error, Message = "Push notifications of {Device} could not be sent; it is tried again when the lease of the claim ends ({Times} such failures since the last line; one a minute is written)")]
    public static partial void NotSent(this ILogger log, DeviceAddress device, long times, Exception e);

    [LoggerMessage(EventId = 4102, Level = LogLevel.Warning, Message = "What is due on {Kind} could not be read; it is tried again soon")]
    public static partial void NotClaimed(this ILogger log, PushKind kind, Exception e);

    [LoggerMessage(EventId = 4103, Level = LogLevel.Information, Message = "{Device} got a notification of {Conversation} {Seconds} s after the message: {Reason}")]
    public static partial void SentLate(this ILogger log, DeviceAddress device, ConversationId conversation, double seconds, string reason);

    [LoggerMessage(EventId = 4104, Level = LogLevel.Information, Message = "{Kind} says that the address of {Device} is gone ({Status}); its subscription has ended")]
    public static partial void SubscriptionGone(this ILogger log, PushKind kind, DeviceAddress device, int status);

    [LoggerMessage(EventId = 4105, Level = LogLevel.Error, Message = "{Kind} refuses this server's keys ({Reason}, {Status}); notifications wait ({Times} attempts since the last line; one a minute is written)")]
    public static partial void KeysRefused(this ILogger log, PushKind kind, string reason, int status, long times);

    [LoggerMessage(EventId = 4106, Level = LogLevel.Warning, Message = "A notification of {Device} was given up: {Reason} ({Status}) after {Attempts} attempts. GET /v1/admin/push/dead has it ({Times} given up for that since the last line; one a minute is written)")]
    public static partial void GaveUp(this ILogger log, DeviceAddress device, string reason, int status, int attempts, long times);

    [LoggerMessage(EventId = 4107, Level = LogLevel.Warning, Message = "The position of push notifications in the log's feed was not read or stored; it is tried again soon")]
    public static partial void FeedNotFollowed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 4108, Level = LogLevel.Information, Message = "{Conversations} conversations may have messages of which nobody was notified before their server ended; they are looked at")]
    public static partial void CaughtUp(this ILogger log, int conversations);

    [LoggerMessage(EventId = 4109, Level = LogLevel.Warning, Message = "What push notifications are due may be lost; conversations of the last {Hours} hours are looked at again")]
    public static partial void Rebuilding(this ILogger log, double hours);

    [LoggerMessage(EventId = 4110, Level = LogLevel.Information, Message = "{Conversations} conversations were looked at again; {Items} notifications are due")]
    public static partial void Rebuilt(this ILogger log, int conversations, int items);

    [LoggerMessage(EventId = 4111, Level = LogLevel.Warning, Message = "Notifications that were read elsewhere could not be withdrawn ({Times} such failures since the last line; one a minute is written)")]
    public static partial void NotWithdrawn(this ILogger log, long times, Exception e);

    [LoggerMessage(EventId = 4113, Level = LogLevel.Warning, Message = "Read places were saved before the notifications that they withdraw were due: the queue is slow ({Times} times since the last line; one a minute is written)")]
    public static partial void WithdrawalsHoldUp(this ILogger log, long times);

    [LoggerMessage(EventId = 4112, Level = LogLevel.Warning, Message = "{Device} was revoked while it subscribed to {Kind}; the subscription that was left has ended, and nothing was sent to it")]
    public static partial void SubscriptionOfRevoked(this ILogger log, PushKind kind, DeviceAddress device);

    [LoggerMessage(EventId = 4120, Level = LogLevel.Information, Message = "{Admin} has the notification of {Device} in {Conversation} sent again, which was given up: {Reason} after {Attempts} attempts")]
    public static partial void SentAgain(this ILogger log, UserId admin, DeviceAddress device, ConversationId conversation, string reason, int attempts);
}
