using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>How many rows, and a checksum of what is in them, the same in whatever order they come: the sum of the rows' hashes (XXH3, 128 bits).</summary>
internal sealed class RowTally
{
    private readonly ArrayBufferWriter<byte> _row = new();
    private UInt128 _sum;

    public long Rows { get; private set; }

    public string Checksum => _sum.ToString("x32", null);

    public void Add(IReadOnlyList<object?> values)
    {
        _row.ResetWrittenCount();
        foreach (var value in values)
            Write(value);
        _sum += XxHash128.HashToUInt128(_row.WrittenSpan);
        Rows++;
    }

    public void Add(RowTally other) => (Rows, _sum) = (Rows + other.Rows, _sum + other._sum);

    public bool IsSameAs(RowTally other) => Rows == other.Rows && _sum == other._sum;

    // Type and length first: no two rows give the same bytes.
    private void Write(object? value)
    {
        switch (value)
        {
            case null:
                Write('0', []);
                break;
            case string text:
                Write('t', Encoding.UTF8.GetBytes(text));
                break;
            case Utf8Text text:
                Write('t', text.Span);
                break;
            case byte[] bytes:
                Write('b', bytes);
                break;
            case ReadOnlyMemory<byte> bytes:
                Write('b', bytes.Span);
                break;
            case Guid id:
                Write('u', id.ToByteArray(bigEndian: true));
                break;
            case DateTimeOffset time:
                WriteNumber(time.ToUnixTimeMilliseconds());
                break;
            case long number:
                WriteNumber(number);
                break;
            case int number:
                WriteNumber(number);
                break;
            case bool yes:
                WriteNumber(yes ? 1 : 0);
                break;
            default:
                throw new ArgumentException($"No column has a {value.GetType().Name}.", nameof(value));
        }
    }

    private void WriteNumber(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        Write('n', bytes);
    }

    private void Write(char type, ReadOnlySpan<byte> bytes)
    {
        var head = _row.GetSpan(5);
        head[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], bytes.Length);
        _row.Advance(5);
        _row.Write(bytes);
    }
}
