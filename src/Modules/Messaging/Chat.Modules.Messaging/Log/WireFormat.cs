using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log;

/// <summary>Fields of a tag and a value, in Protocol Buffers' wire format.</summary>
internal static class WireFormat
{
    public const int IdLength = 16;

    // The types of values: the last three bits of a tag.
    public const int Varint = 0, Eight = 1, Sized = 2, Four = 5;

    // Field numbers up to 15 take one byte.
    private const int TagLength = 1;

    /// <summary>How many bytes a field of a number takes, if its own number is at most 15.</summary>
    public static int SizeOfNumberField(ulong number) => TagLength + SizeOf(number);

    /// <summary>How many bytes a field of a number takes.</summary>
    public static int SizeOfNumberField(int tag, ulong number) => SizeOf((ulong)tag << 3) + SizeOf(number);

    /// <summary>How many bytes a field of some bytes takes, if its number is at most 15.</summary>
    public static int SizeOfField(int length) => TagLength + SizeOf((ulong)length) + length;

    public static void WriteNumberField(ref Span<byte> bytes, int tag, ulong number)
    {
        WriteNumber(ref bytes, (ulong)tag << 3 | Varint);
        WriteNumber(ref bytes, number);
    }

    /// <summary>Begins a field of some bytes, and returns where they go.</summary>
    public static Span<byte> WriteSizedField(ref Span<byte> bytes, int tag, int length)
    {
        WriteNumber(ref bytes, (ulong)tag << 3 | Sized);
        WriteNumber(ref bytes, (ulong)length);
        var value = bytes[..length];
        bytes = bytes[length..];
        return value;
    }

    public static void WriteIdField(ref Span<byte> bytes, int tag, Guid id) =>
        id.TryWriteBytes(WriteSizedField(ref bytes, tag, IdLength), bigEndian: true, out _);

    public static Guid ReadId(ReadOnlySpan<byte> value) =>
        value.Length == IdLength ? new Guid(value, bigEndian: true) : throw new MalformedContentException($"has an id of {value.Length} bytes");

    public static SeqNo ReadSeqNo(ReadOnlySpan<byte> value) =>
        ReadNumber(ref value) is <= SeqNo.MaxValue and var number ? new SeqNo((long)number) : throw new MalformedContentException("has a seqNo beyond 2^53");

    public static bool ReadFlag(ReadOnlySpan<byte> value) =>
        ReadNumber(ref value) is <= 1 and var number ? number == 1 : throw new MalformedContentException("has a flag that is neither 0 nor 1");

    public static int ReadCount(ReadOnlySpan<byte> value) =>
        ReadNumber(ref value) is <= int.MaxValue and var number ? (int)number : throw new MalformedContentException("has too great a count");

    public static DateTimeOffset ReadTime(ReadOnlySpan<byte> value)
    {
        // The end of the year 9999.
        const long maxUnixMs = 253_402_300_799_999;
        return ReadNumber(ref value) is <= maxUnixMs and var number
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)number)
            : throw new MalformedContentException("has a time beyond all calendars");
    }

    public static ReadOnlySpan<byte> ReadValue(ref ReadOnlySpan<byte> rest, int type)
    {
        var start = rest;
        switch (type)
        {
            case Varint:
                ReadNumber(ref rest);
                return start[..^rest.Length];
            case Eight:
                return Take(ref rest, sizeof(ulong));
            case Sized:
                return Take(ref rest, ReadNumber(ref rest));
            case Four:
                return Take(ref rest, sizeof(uint));
            default:
                throw new MalformedContentException($"has a value of type {type}");
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, ulong length)
    {
        if (length > (ulong)rest.Length)
            throw new MalformedContentException("ends too early");
        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }

    public static ulong ReadNumber(ref ReadOnlySpan<byte> rest)
    {
        var number = 0UL;
        for (var (shift, i) = (0, 0); i < rest.Length; shift += 7, i++)
        {
            var next = rest[i];
            // The tenth byte has room for one bit.
            if (shift == 63 && next > 1)
                break;
            number |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                rest = rest[(i + 1)..];
                return number;
            }
        }
        throw new MalformedContentException("has a number without an end");
    }

    private static void WriteNumber(ref Span<byte> bytes, ulong number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            bytes[0] = (byte)(number | 0x80);
            bytes = bytes[1..];
        }
        bytes[0] = (byte)number;
        bytes = bytes[1..];
    }

    private static int SizeOf(ulong number)
    {
        var size = 1;
        for (; number >= 0x80; number >>= 7)
            size++;
        return size;
    }
}
