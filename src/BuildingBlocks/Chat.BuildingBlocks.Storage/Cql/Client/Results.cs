namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>RESULT frames (v4 §4.2.5).</summary>
internal static class Results
{
    private const int Void = 1;
    private const int Rows = 2;
    private const int SetKeyspace = 3;
    private const int PreparedStatement = 4;
    private const int SchemaChange = 5;

    public static readonly CqlResult Nothing = new([]);

    /// <summary>A statement's answer.</summary>
    /// <param name="response">A RESULT.</param>
    /// <param name="known">The columns as they were when the statement was prepared, null without.</param>
    /// <param name="columns">What the answer itself says of them, null for none.</param>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public static CqlResult Read(in Response response, ColumnType[]? known, out Columns? columns)
    {
        columns = null;
        var reader = Open(response);
        switch (reader.Int())
        {
            case Void or SetKeyspace or SchemaChange:
                return Nothing;
            case Rows:
                columns = Columns.ReadResult(ref reader);
                var types = columns.Types ?? known ?? throw new InvalidDataException("Rows of unknown columns.");
                return new CqlResult(WireRow.ReadAll(response.Body, ref reader, types), columns.PagingState);
            case var kind:
                throw new InvalidDataException($"A result of kind {kind}.");
        }
    }

    public static bool IsSchemaChange(in Response response) => response.Opcode == Opcode.Result && Open(response).Int() == SchemaChange;

    /// <summary>What a PREPARE was answered with.</summary>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public static Prepared ReadPrepared(in Response response, string cql, byte version)
    {
        var reader = Open(response);
        if (reader.Int() is var kind && kind != PreparedStatement)
            throw new InvalidDataException($"A result of kind {kind} to PREPARE.");
        var id = reader.ShortBytes().ToArray();
        var resultId = version >= ProtocolVersion.V5 ? reader.ShortBytes().ToArray() : [];
        var parameters = Columns.ReadParameters(ref reader);
        var result = Columns.ReadResult(ref reader);
        return new Prepared(cql, id, resultId, parameters, result.Types is { Length: > 0 } types ? types : null);
    }

    private static BodyReader Open(in Response response)
    {
        if (response.Opcode != Opcode.Result)
            throw new InvalidDataException($"{response.Opcode} came where a result was due.");
        var reader = new BodyReader(response.Body);
        reader.Preamble(response.Flags);
        return reader;
    }
}
