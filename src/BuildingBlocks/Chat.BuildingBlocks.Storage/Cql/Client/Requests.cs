namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>Asks what the server can do; a sign of life too.</summary>
internal sealed class OptionsRequest() : Request(Opcode.Options)
{
    public override void WriteBody(BodyWriter writer, byte version)
    {
    }
}

internal sealed class StartupRequest(IReadOnlyCollection<KeyValuePair<string, string>> options) : Request(Opcode.Startup)
{
    public override void WriteBody(BodyWriter writer, byte version) => writer.StringMap(options);
}

internal sealed class AuthResponseRequest(byte[] token) : Request(Opcode.AuthResponse)
{
    public override void WriteBody(BodyWriter writer, byte version) => writer.Bytes(token);
}

/// <summary>Asks for events on this connection.</summary>
internal sealed class RegisterRequest(params string[] events) : Request(Opcode.Register)
{
    public override void WriteBody(BodyWriter writer, byte version)
    {
        writer.Short(events.Length);
        foreach (var name in events)
            writer.String(name);
    }
}

internal sealed class PrepareRequest(string cql) : Request(Opcode.Prepare)
{
    public override void WriteBody(BodyWriter writer, byte version)
    {
        writer.LongString(cql);
        if (version >= ProtocolVersion.V5)
            writer.Int(0);
    }
}

/// <summary>A statement that is not worth preparing: schema changes and the session's own questions. No values.</summary>
internal sealed class QueryRequest(string cql, WireConsistency consistency = WireConsistency.One) : Request(Opcode.Query)
{
    public override void WriteBody(BodyWriter writer, byte version)
    {
        writer.LongString(cql);
        writer.Short((short)consistency);
        if (version >= ProtocolVersion.V5)
            writer.Int(0);
        else
            writer.Byte(0);
    }
}

internal sealed class ExecuteRequest(CqlStatement statement, Prepared prepared, Consistencies consistencies) : Request(Opcode.Execute)
{
    private const int HasValues = 0x01;
    private const int SkipMetadata = 0x02;
    private const int PageSize = 0x04;
    private const int PagingState = 0x08;
    private const int SerialConsistency = 0x10;

    public Prepared Prepared { get; private set; } = prepared;

    public override string? TextOf(ReadOnlySpan<byte> unpreparedId) => Prepared.Cql;

    public override void Replace(Prepared prepared) => Prepared = prepared;

    public override void WriteBody(BodyWriter writer, byte version)
    {
        writer.ShortBytes(Prepared.Id);
        if (version >= ProtocolVersion.V5)
            writer.ShortBytes(Prepared.ResultId);
        writer.Short((short)(statement.Linearizable ? consistencies.Serial : consistencies.Plain));

        // v4's server would not tell of changed columns, so there they come with each page.
        var flags = SerialConsistency | PageSize
            | (statement.Values.Count > 0 ? HasValues : 0)
            | (statement.PagingState is not null ? PagingState : 0)
            | (version >= ProtocolVersion.V5 ? SkipMetadata : 0);
        if (version >= ProtocolVersion.V5)
            writer.Int(flags);
        else
            writer.Byte((byte)flags);
        if (statement.Values.Count > 0)
            WriteValues(writer, statement.Values);
        writer.Int(statement.PageSize);
        if (statement.PagingState is { } state)
            writer.Bytes(state);
        writer.Short((short)consistencies.Serial);
    }

    public static void WriteValues(BodyWriter writer, IReadOnlyList<object?> values)
    {
        writer.Short(values.Count);
        for (var i = 0; i < values.Count; i++)
            Values.Write(writer, values[i]);
    }
}

/// <summary>An unlogged batch of statements, each with what it was prepared as.</summary>
internal sealed class BatchRequest(IReadOnlyList<CqlStatement> statements, Prepared[] prepared, Consistencies consistencies) : Request(Opcode.Batch)
{
    private const byte Unlogged = 1;
    private const byte ByPreparedId = 1;
    private const byte SerialConsistency = 0x10;

    public int Count => prepared.Length;

    public override string? TextOf(ReadOnlySpan<byte> unpreparedId)
    {
        foreach (var one in prepared)
        {
            if (unpreparedId.SequenceEqual(one.Id))
                return one.Cql;
        }
        return null;
    }

    public override void Replace(Prepared anew)
    {
        for (var i = 0; i < prepared.Length; i++)
        {
            if (prepared[i].Cql == anew.Cql)
                prepared[i] = anew;
        }
    }

    public override void WriteBody(BodyWriter writer, byte version)
    {
        writer.Byte(Unlogged);
        writer.Short(statements.Count);
        for (var i = 0; i < statements.Count; i++)
        {
            writer.Byte(ByPreparedId);
            writer.ShortBytes(prepared[i].Id);
            ExecuteRequest.WriteValues(writer, statements[i].Values);
        }
        writer.Short((short)consistencies.Plain);
        if (version >= ProtocolVersion.V5)
            writer.Int(SerialConsistency);
        else
            writer.Byte(SerialConsistency);
        writer.Short((short)consistencies.Serial);
    }
}
