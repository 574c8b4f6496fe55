using Cassandra;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.BuildingBlocks.Storage.Scylla;

/// <summary>What the driver throws, in the port's words.</summary>
internal static class ScyllaErrors
{
    /// <summary>The statement's own fault by its code (CQL binary protocol v4 §9); everything else may have happened.</summary>
    public static Exception Translate(Exception e) => e switch
    {
        SyntaxError => new CqlException(0x2000, e.Message, e),
        UnauthorizedException => new CqlException(0x2100, e.Message, e),
        AlreadyExistsException => new CqlException(0x2400, e.Message, e),
        InvalidConfigurationInQueryException => new CqlException(0x2300, e.Message, e),
        InvalidQueryException => new CqlException(0x2200, e.Message, e),
        InvalidTypeException => new CqlException(0x2200, e.Message, e),
        _ => new StoreUnavailableException(e.Message, e),
    };
}
