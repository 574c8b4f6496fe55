namespace Chat.BuildingBlocks.Storage.Cql;

/// <summary>The database refused a statement.</summary>
/// <param name="code">The protocol's error code (CQL binary protocol v4 §9): 0x2200 invalid, 0x2100 unauthorised, 0x2400 exists already, …</param>
public sealed class CqlException(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Code => code;
}
