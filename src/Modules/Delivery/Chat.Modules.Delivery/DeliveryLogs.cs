using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery;

/// <summary>Log lines of this module, 4000 to 4999.</summary>
internal static partial class DeliveryLogs
{
    [LoggerMessage(EventId = 4001, Level = LogLevel.Debug, Message = "The connection of {Device} broke during a write")]
    public static partial void ConnectionBroke(this ILogger log, DeviceAddress device, Exception e);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Warning, Message = "A store did not answer in time; the delivery to {Device} is retried soon")]
    public static partial void StoreDidNotAnswer(this ILogger log, DeviceAddress device, Exception e);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Error, Message = "A fault in the delivery to {Device}; its connection is closed with 1011 and the client reconnects")]
    public static partial void DeliveryFailed(this ILogger log, DeviceAddress device, Exception e);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Error, Message = "The fan-out of {Conversation} failed; it is retried soon")]
    public static partial void FanOutFailed(this ILogger log, ConversationId conversation, Exception e);

    [LoggerMessage(EventId = 4005, Level = LogLevel.Warning, Message = "A receipt in {Conversation} was not sent: reading the members failed. GET /v1/conversations/(id)/receipts has it")]
    public static partial void ReceiptNotTold(this ILogger log, ConversationId conversation, Exception e);

    [LoggerMessage(EventId = 4006, Level = LogLevel.Warning, Message = "Cursors were not saved; they are kept in memory and saving is retried")]
    public static partial void CursorsNotSaved(this ILogger log, Exception e);

    [LoggerMessage(EventId = 4007, Level = LogLevel.Information, Message = "Leaving: {Connections} connections are told to reconnect, over {Milliseconds} ms")]
    public static partial void Leaving(this ILogger log, int connections, long milliseconds);

    [LoggerMessage(EventId = 4008, Level = LogLevel.Information, Message = "{Messages} messages may not have been fanned out before their server ended; they are fanned out again")]
    public static partial void CaughtUp(this ILogger log, int messages);

    [LoggerMessage(EventId = 4009, Level = LogLevel.Warning, Message = "More than {Messages} messages may not have been fanned out (Delivery:MaxCatchUp); devices find the others when they connect")]
    public static partial void CatchUpEnded(this ILogger log, int messages);

    [LoggerMessage(EventId = 4010, Level = LogLevel.Warning, Message = "The position of the fan-out in the log's feed was not read or stored; devices find what they miss when they connect")]
    public static partial void FeedNotFollowed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 4011, Level = LogLevel.Error, Message = "Registering connections for the other servers failed unexpectedly; all are registered again")]
    public static partial void RegistrarFailed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 4012, Level = LogLevel.Error, Message = "To which servers a user has connected could not be read; all are told")]
    public static partial void NodesNotRead(this ILogger log, Exception e);

    [LoggerMessage(EventId = 4013, Level = LogLevel.Error, Message = "The clients of a server that stood still could not all be sent away")]
    public static partial void NotSentAway(this ILogger log, Exception e);
}
