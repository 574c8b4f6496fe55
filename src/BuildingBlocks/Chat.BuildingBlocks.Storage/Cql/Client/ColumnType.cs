namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>The types of CQL by their option id (§4.2.5.2).</summary>
internal enum CqlType : short
{
    Custom = 0x00,
    Ascii = 0x01,
    Bigint = 0x02,
    Blob = 0x03,
    Boolean = 0x04,
    Counter = 0x05,
    Double = 0x07,
    Int = 0x09,
    Timestamp = 0x0B,
    Uuid = 0x0C,
    Varchar = 0x0D,
    Inet = 0x10,
    Timeuuid = 0x0F,
    List = 0x20,
    Map = 0x21,
    Set = 0x22,
    Udt = 0x30,
    Tuple = 0x31,
}

/// <summary>A column's type; of a list or set, with that of its elements.</summary>
/// <param name="Code">One that is not known is kept: only reading such a value fails.</param>
/// <param name="Element">Of what a list or set holds, else null.</param>
internal sealed record ColumnType(CqlType Code, ColumnType? Element = null)
{
    private const int MaxDepth = 16;

    private static readonly ColumnType?[] Plain = new ColumnType?[0x20];

    /// <summary>The bytes that a value of it always has; -1: any number.</summary>
    public int Size { get; } = Code switch
    {
        CqlType.Bigint or CqlType.Counter or CqlType.Double or CqlType.Timestamp => 8,
        CqlType.Int => 4,
        CqlType.Boolean => 1,
        CqlType.Uuid or CqlType.Timeuuid => 16,
        _ => -1,
    };

    /// <exception cref="InvalidDataException">The bytes are no type.</exception>
    public static ColumnType Read(ref BodyReader reader, int depth = 0)
    {
        if (depth > MaxDepth)
            throw new InvalidDataException("A type is nested too deeply.");
        var code = (CqlType)reader.Short();
        switch (code)
        {
            case CqlType.Custom:
                reader.SkipString();
                return Of(code);
            case CqlType.List or CqlType.Set:
                return new ColumnType(code, Read(ref reader, depth + 1));
            case CqlType.Map:
                Read(ref reader, depth + 1);
                Read(ref reader, depth + 1);
                return new ColumnType(code);
            case CqlType.Udt:
                reader.SkipString();
                reader.SkipString();
                for (var left = reader.Short(); left > 0; left--)
                {
                    reader.SkipString();
                    Read(ref reader, depth + 1);
                }
                return new ColumnType(code);
            case CqlType.Tuple:
                for (var left = reader.Short(); left > 0; left--)
                    Read(ref reader, depth + 1);
                return new ColumnType(code);
            default:
                return Of(code);
        }
    }

    // Types without parts are shared, so that a page's metadata costs no objects.
    public static ColumnType Of(CqlType code) =>
        (uint)code < (uint)Plain.Length ? Plain[(int)code] ??= new ColumnType(code) : new ColumnType(code);
}
