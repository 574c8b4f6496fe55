using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>A row whose values stay in the response's bytes until they are asked for.</summary>
internal sealed class WireRow(byte[] body, ColumnType[] columns, int[] offsets, int first) : CqlRow
{
    /// <summary>Finds the values of all rows; their lengths are checked here, so that reading them later cannot fail.</summary>
    /// <exception cref="InvalidDataException">The bytes are no rows of such columns.</exception>
    public static CqlRow[] ReadAll(byte[] body, ref BodyReader reader, ColumnType[] columns)
    {
        var count = reader.Count(columns.Length * 4);
        if (count == 0)
            return [];
        if (columns.Length == 0)
            throw new InvalidDataException("Rows without columns.");
        var offsets = new int[count * columns.Length];
        var rows = new CqlRow[count];
        var next = 0;
        for (var row = 0; row < count; row++)
        {
            rows[row] = new WireRow(body, columns, offsets, next);
            foreach (var column in columns)
            {
                offsets[next++] = reader.Position;
                var length = reader.SkipValue();
                if (column.Size >= 0 && length > 0 && length != column.Size)
                    throw new InvalidDataException($"A {column.Code} has {column.Size} bytes, not {length}.");
            }
        }
        return rows;
    }

    public int Count => columns.Length;

    // An empty value of a type that has a size, which CQL lets in, is read as null.
    public override bool IsNull(int column) => LengthAt(column) is var length && (length < 0 || length == 0 && columns[column].Size > 0);

    public override T Get<T>(int column)
    {
        if (IsNull(column))
        {
            return default(T) is null ? default! : throw new InvalidOperationException($"Column {column} is null.");
        }
        var value = body.AsSpan(offsets[first + column] + 4, LengthAt(column));
        var type = columns[column];

        // Compared so, and not in a switch on the type, the runtime keeps one line of it for each value type and boxes nothing.
        if (typeof(T) == typeof(long) && type.Code is CqlType.Bigint or CqlType.Counter)
            return (T)(object)BinaryPrimitives.ReadInt64BigEndian(value);
        if (typeof(T) == typeof(int) && type.Code is CqlType.Int)
            return (T)(object)BinaryPrimitives.ReadInt32BigEndian(value);
        if (typeof(T) == typeof(bool) && type.Code is CqlType.Boolean)
            return (T)(object)(value[0] != 0);
        if (typeof(T) == typeof(Guid) && type.Code is CqlType.Uuid or CqlType.Timeuuid)
            return (T)(object)new Guid(value, bigEndian: true);
        if (typeof(T) == typeof(double) && type.Code is CqlType.Double)
            return (T)(object)BinaryPrimitives.ReadDoubleBigEndian(value);
        if (typeof(T) == typeof(DateTimeOffset) && type.Code is CqlType.Timestamp)
            return (T)(object)ReadTime(value);
        if (typeof(T) == typeof(string) && type.Code is CqlType.Varchar or CqlType.Ascii)
            return (T)(object)Encoding.UTF8.GetString(value);
        if (typeof(T) == typeof(Utf8Text) && type.Code is CqlType.Varchar or CqlType.Ascii)
            return (T)(object)new Utf8Text(value.ToArray());
        if (typeof(T) == typeof(byte[]) && type.Code is CqlType.Blob)
            return (T)(object)value.ToArray();
        if (typeof(T) == typeof(ReadOnlyMemory<byte>) && type.Code is CqlType.Blob)
            return (T)(object)new ReadOnlyMemory<byte>(body, offsets[first + column] + 4, value.Length);
        return ReadObject(type, value) is T read ? read : throw new InvalidCastException($"Column {column} is {type.Code}, not {typeof(T).Name}.");
    }

    /// <summary>A value's bytes, of any type; none for null.</summary>
    public ReadOnlySpan<byte> Raw(int column) => body.AsSpan(offsets[first + column] + 4, Math.Max(LengthAt(column), 0));

    private int LengthAt(int column)
    {
        if ((uint)column >= (uint)columns.Length)
            throw new ArgumentOutOfRangeException(nameof(column), column, $"The row has {columns.Length} columns.");
        return BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(offsets[first + column], 4));
    }

    private static object? ReadObject(ColumnType type, ReadOnlySpan<byte> value) => type.Code switch
    {
        CqlType.Bigint or CqlType.Counter => BinaryPrimitives.ReadInt64BigEndian(value),
        CqlType.Int => BinaryPrimitives.ReadInt32BigEndian(value),
        CqlType.Boolean => value[0] != 0,
        CqlType.Uuid or CqlType.Timeuuid => new Guid(value, bigEndian: true),
        CqlType.Double => BinaryPrimitives.ReadDoubleBigEndian(value),
        CqlType.Timestamp => ReadTime(value),
        CqlType.Varchar or CqlType.Ascii => Encoding.UTF8.GetString(value),
        CqlType.Blob => value.ToArray(),
        CqlType.List or CqlType.Set => ReadList(type.Element!, value),
        _ => null,
    };

    private static object? ReadList(ColumnType type, ReadOnlySpan<byte> value) => type.Code switch
    {
        CqlType.Varchar or CqlType.Ascii => Elements<string>(type, value),
        CqlType.Bigint or CqlType.Counter => Elements<long>(type, value),
        CqlType.Int => Elements<int>(type, value),
        CqlType.Boolean => Elements<bool>(type, value),
        CqlType.Uuid or CqlType.Timeuuid => Elements<Guid>(type, value),
        CqlType.Double => Elements<double>(type, value),
        CqlType.Timestamp => Elements<DateTimeOffset>(type, value),
        CqlType.Blob => Elements<byte[]>(type, value),
        _ => null,
    };

    private static T[] Elements<T>(ColumnType type, ReadOnlySpan<byte> value)
    {
        var reader = new BodyReader(value);
        var elements = new T[reader.Count(least: 4)];
        for (var i = 0; i < elements.Length; i++)
        {
            var at = reader.Position + 4;
            var length = reader.SkipValue();
            if (length < 0 || type.Size >= 0 && length != type.Size)
                throw new InvalidDataException($"An element of {type.Code} has {length} bytes.");
            elements[i] = (T)ReadObject(type, value.Slice(at, length))!;
        }
        return elements;
    }

    private static DateTimeOffset ReadTime(ReadOnlySpan<byte> value)
    {
        var ms = BinaryPrimitives.ReadInt64BigEndian(value);
        return ms is >= -62_135_596_800_000 and <= 253_402_300_799_999
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : throw new InvalidDataException($"The timestamp {ms} is in no year from 1 to 9999.");
    }
}
