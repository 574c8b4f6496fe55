using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Nodes;

internal static partial class NodesLogs
{
    [LoggerMessage(EventId = 8101, Level = LogLevel.Information, Message = "This server is node {Node}; {Others} others are live")]
    public static partial void LeaseGained(this ILogger log, NodeId node, int others);

    [LoggerMessage(EventId = 8102, Level = LogLevel.Warning, Message = "The lease of this server, node {Node}, ended: {Reason}. The others no longer count on it; it joins again as another node")]
    public static partial void LeaseLost(this ILogger log, NodeId node, LeaseLoss reason);

    [LoggerMessage(EventId = 8103, Level = LogLevel.Information, Message = "Node {Node} joined")]
    public static partial void NodeJoined(this ILogger log, NodeId node);

    [LoggerMessage(EventId = 8104, Level = LogLevel.Information, Message = "Node {Node} left")]
    public static partial void NodeLeft(this ILogger log, NodeId node);

    [LoggerMessage(EventId = 8105, Level = LogLevel.Warning, Message = "Redis lost its data, or another Redis answers now: what this server had registered there is registered again")]
    public static partial void SharedStateLost(this ILogger log);

    [LoggerMessage(EventId = 8106, Level = LogLevel.Warning, Message = "Messages from node {Node} were lost; what they may have told is read again")]
    public static partial void MessagesMissed(this ILogger log, NodeId node);

    [LoggerMessage(EventId = 8107, Level = LogLevel.Error, Message = "The handler of {Topic} failed on a message from node {Node}; it gets the next")]
    public static partial void BusHandlerFailed(this ILogger log, string topic, NodeId node, Exception e);

    [LoggerMessage(EventId = 8108, Level = LogLevel.Error, Message = "A message from another node could not be read; it is ignored")]
    public static partial void BatchMalformed(this ILogger log);

    [LoggerMessage(EventId = 8109, Level = LogLevel.Error, Message = "{Observer} failed on a change among the nodes; the other observers were told")]
    public static partial void ObserverFailed(this ILogger log, string observer, Exception e);

    [LoggerMessage(EventId = 8110, Level = LogLevel.Error, Message = "Renewing the lease failed unexpectedly; the server tries again")]
    public static partial void LeaseKeeperFailed(this ILogger log, Exception e);

    [LoggerMessage(EventId = 8111, Level = LogLevel.Error, Message = "The exchange with node {Node} failed unexpectedly and goes on")]
    public static partial void ExchangeFailed(this ILogger log, NodeId node, Exception e);
}
