using Chat.BuildingBlocks.Storage.Cql.Client;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>Log lines about the cluster's database, 7000 to 7999. None holds a statement's values.</summary>
internal static partial class CqlLogs
{
    [LoggerMessage(EventId = 7001, Level = LogLevel.Warning, Message = "The database at {ContactPoints} does not answer yet; the server tries again: {Reason}")]
    public static partial void DatabaseDoesNotAnswer(this ILogger log, string contactPoints, string reason);

    [LoggerMessage(EventId = 7002, Level = LogLevel.Warning, Message = "Cql:Password is sent unencrypted: set Cql:Tls, unless nobody can listen on the network")]
    public static partial void PasswordInTheClear(this ILogger log);

    [LoggerMessage(EventId = 7003, Level = LogLevel.Information, Message = "The tables of {Module} are at version {Version} now")]
    public static partial void SchemaChanged(this ILogger log, string module, int version);

    [LoggerMessage(EventId = 7004, Level = LogLevel.Information, Message = "Another server changes the tables; this one waits")]
    public static partial void WaitingForSchema(this ILogger log);

    [LoggerMessage(EventId = 7005, Level = LogLevel.Information, Message = "Connected to {Node}, protocol version {Version}")]
    public static partial void NodeConnected(this ILogger log, Endpoint node, int version);

    [LoggerMessage(EventId = 7006, Level = LogLevel.Warning, Message = "{Node} cannot be reached: {Reason}")]
    public static partial void NodeUnreachable(this ILogger log, Endpoint node, string reason);

    [LoggerMessage(EventId = 7007, Level = LogLevel.Warning, Message = "The connection to {Node} is lost: {Reason}")]
    public static partial void ConnectionLost(this ILogger log, Endpoint node, string reason);

    [LoggerMessage(EventId = 7008, Level = LogLevel.Error, Message = "{Node} sent a malformed answer; the connection is closed")]
    public static partial void MalformedAnswer(this ILogger log, string node, Exception e);

    [LoggerMessage(EventId = 7009, Level = LogLevel.Information, Message = "The cluster has {Nodes} nodes in data centre {Datacenter}")]
    public static partial void TopologyRead(this ILogger log, int nodes, string datacenter);

    [LoggerMessage(EventId = 7010, Level = LogLevel.Warning, Message = "The list of nodes was not read; the server tries again")]
    public static partial void TopologyNotRead(this ILogger log, Exception e);

    [LoggerMessage(EventId = 7011, Level = LogLevel.Warning, Message = "The nodes do not agree on the schema after {Milliseconds} ms")]
    public static partial void NoSchemaAgreement(this ILogger log, double milliseconds);

    [LoggerMessage(EventId = 7012, Level = LogLevel.Debug, Message = "The database warns: {Warning}")]
    public static partial void ServerWarns(this ILogger log, string warning);

    [LoggerMessage(EventId = 7013, Level = LogLevel.Warning, Message = "More than {Limit} different statements were prepared: their texts should be constants")]
    public static partial void TooManyStatements(this ILogger log, int limit);
}
