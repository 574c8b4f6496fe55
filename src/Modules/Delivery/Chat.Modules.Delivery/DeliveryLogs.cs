using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery;

internal static partial class DeliveryLogs
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "The connection of {Device} broke while written to")]
    public static partial void ConnectionBroke(this ILogger log, DeviceAddress device, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log or a store did not answer for {Device}; tried again soon")]
    public static partial void StoreDidNotAnswer(this ILogger log, DeviceAddress device, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "Delivery to {Device} failed; its connection is closed, so that it comes back and drains")]
    public static partial void DeliveryFailed(this ILogger log, DeviceAddress device, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "The fan-out of {Conversation} failed; tried again soon")]
    public static partial void FanOutFailed(this ILogger log, ConversationId conversation, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A receipt in {Conversation} was not sent: it could not be asked who is a member. The table of receipts has it")]
    public static partial void ReceiptNotTold(this ILogger log, ConversationId conversation, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cursors could not be saved; kept and tried again")]
    public static partial void CursorsNotSaved(this ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "Leaving: {Connections} connections are told to reconnect, over {Milliseconds} ms")]
    public static partial void Leaving(this ILogger log, int connections, long milliseconds);
}
