using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

internal static partial class CqlLogs
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Node} sent what is no answer; the connection is given up")]
    public static partial void GarbledAnswer(this ILogger log, string node, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to {Node} is lost: {Why}")]
    public static partial void ConnectionLost(this ILogger log, Endpoint node, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} cannot be reached: {Why}")]
    public static partial void NodeUnreachable(this ILogger log, Endpoint node, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to {Node}, protocol version {Version}")]
    public static partial void NodeConnected(this ILogger log, Endpoint node, int version);

    [LoggerMessage(Level = LogLevel.Information, Message = "The cluster has {Nodes} nodes in data centre {Datacenter}")]
    public static partial void TopologyRead(this ILogger log, int nodes, string datacenter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The nodes' list could not be read; tried again")]
    public static partial void TopologyNotRead(this ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The nodes do not agree on the schema after {Ms} ms")]
    public static partial void NoSchemaAgreement(this ILogger log, double ms);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The server warns: {Warning}")]
    public static partial void ServerWarns(this ILogger log, string warning);

    [LoggerMessage(Level = LogLevel.Warning, Message = "More than {Limit} different statements: their texts should be constants")]
    public static partial void TooManyStatements(this ILogger log, int limit);
}
