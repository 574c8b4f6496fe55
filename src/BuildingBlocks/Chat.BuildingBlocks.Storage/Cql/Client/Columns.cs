namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>What a response says of its columns, or a prepared statement of its parameters (§4.2.5.2, §4.2.5.4).</summary>
/// <param name="Types">Null where the server left them out, as they are known from preparing.</param>
/// <param name="Keyspace">Of the first column; null where the server left it out or there are none.</param>
/// <param name="Table">Likewise.</param>
/// <param name="PartitionKey">Which parameters make the partition key, in its order; empty where that is not known or not all are parameters.</param>
/// <param name="PagingState">For the next page; null after the last.</param>
/// <param name="NewId">v5: the columns have changed since the statement was prepared and have this id now.</param>
internal sealed record Columns(ColumnType[]? Types, string? Keyspace, string? Table, int[] PartitionKey, byte[]? PagingState, byte[]? NewId)
{
    private const int GlobalTable = 1;
    private const int MorePages = 2;
    private const int NoMetadata = 4;
    private const int Changed = 8;

    private static readonly int[] NoKey = [];

    /// <exception cref="InvalidDataException">The bytes are no such thing.</exception>
    public static Columns ReadResult(ref BodyReader reader) => Read(ref reader, ofParameters: false);

    /// <inheritdoc cref="ReadResult"/>
    public static Columns ReadParameters(ref BodyReader reader) => Read(ref reader, ofParameters: true);

    private static Columns Read(ref BodyReader reader, bool ofParameters)
    {
        var flags = reader.Int();
        var count = reader.Count(least: 0);
        var key = NoKey;
        if (ofParameters)
        {
            key = new int[reader.Count(least: 2)];
            for (var i = 0; i < key.Length; i++)
                key[i] = reader.Short();
        }
        var pagingState = (flags & MorePages) != 0 ? reader.Bytes().ToArray() : null;
        var newId = (flags & Changed) != 0 ? reader.ShortBytes().ToArray() : null;
        if ((flags & NoMetadata) != 0)
            return new Columns(null, null, null, key, pagingState, newId);

        string? keyspace = null, table = null;
        var global = (flags & GlobalTable) != 0;
        if (global)
            (keyspace, table) = ReadTable(ref reader, ofParameters);
        if ((long)count * 4 > reader.Left)
            throw new InvalidDataException($"{count} columns cannot be in {reader.Left} bytes.");
        var types = new ColumnType[count];
        for (var i = 0; i < count; i++)
        {
            if (!global)
            {
                var (columnKeyspace, columnTable) = ReadTable(ref reader, ofParameters && i == 0);
                (keyspace, table) = (keyspace ?? columnKeyspace, table ?? columnTable);
            }
            reader.SkipString();
            types[i] = ColumnType.Read(ref reader);
        }
        foreach (var parameter in key)
        {
            if (parameter >= count)
                throw new InvalidDataException($"Parameter {parameter} of {count} is in the partition key.");
        }
        return new Columns(types, keyspace, table, key, pagingState, newId);
    }

    // Only of use with a prepared statement: a page's names are passed over.
    private static (string?, string?) ReadTable(ref BodyReader reader, bool wanted)
    {
        if (wanted)
            return (reader.String(), reader.String());
        reader.SkipString();
        reader.SkipString();
        return default;
    }
}
