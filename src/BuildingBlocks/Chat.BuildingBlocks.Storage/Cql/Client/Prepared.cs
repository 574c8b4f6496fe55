namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>A statement as the servers know it. Its id is a hash of text and keyspace, the same on every node.</summary>
/// <param name="Id">Names it to the server.</param>
/// <param name="ResultId">v5: names the columns of its result; else empty.</param>
/// <param name="Parameters">What its values are.</param>
/// <param name="Result">The columns of its result, null where it has none or they vary.</param>
internal sealed record Prepared(string Cql, byte[] Id, byte[] ResultId, Columns Parameters, ColumnType[]? Result);

/// <summary>The session's levels: for statements, and for the consensus of conditional ones and linearizable reads.</summary>
internal sealed record Consistencies(WireConsistency Plain, WireConsistency Serial)
{
    public static Consistencies Of(CqlConsistency consistency) => consistency switch
    {
        CqlConsistency.LocalQuorum => new(WireConsistency.LocalQuorum, WireConsistency.LocalSerial),
        CqlConsistency.Quorum => new(WireConsistency.Quorum, WireConsistency.Serial),
        _ => new(WireConsistency.All, WireConsistency.Serial),
    };
}
