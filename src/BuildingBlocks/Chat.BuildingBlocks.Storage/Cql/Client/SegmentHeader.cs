namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>What comes before a segment's payload (v5 §2.1, §2.2).</summary>
/// <param name="PayloadLength">As it is on the wire.</param>
/// <param name="InflatedLength">Of a compressed payload; 0 for one that is not.</param>
/// <param name="SelfContained">Holds whole frames only; else a part of one large one.</param>
/// <param name="Size">Of the header itself.</param>
internal readonly record struct SegmentHeader(int PayloadLength, int InflatedLength, bool SelfContained, int Size)
{
    public const int MaxPayload = (1 << 17) - 1;
    public const int TrailerSize = 4;
    public const int PlainSize = 6;
    public const int CompressedSize = 8;

    private const int ChecksumSize = 3;

    /// <returns>False while the header is not complete.</returns>
    /// <exception cref="InvalidDataException">Its checksum is wrong: nothing can be found after it any more.</exception>
    public static bool TryRead(ReadOnlySpan<byte> input, bool compressed, out SegmentHeader header)
    {
        var size = compressed ? CompressedSize : PlainSize;
        if (input.Length < size)
        {
            header = default;
            return false;
        }
        var bits = LittleEndian(input[..(size - ChecksumSize)]);
        if (Checksums.Crc24(input[..(size - ChecksumSize)]) != (int)LittleEndian(input[(size - ChecksumSize)..size]))
            throw new InvalidDataException("A segment's header does not match its checksum.");
        header = compressed
            ? new SegmentHeader((int)(bits & MaxPayload), (int)(bits >> 17 & MaxPayload), (bits >> 34 & 1) != 0, size)
            : new SegmentHeader((int)(bits & MaxPayload), 0, (bits >> 17 & 1) != 0, size);
        return true;
    }

    /// <summary>Writes it to the first <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> output)
    {
        var bits = Size == CompressedSize
            ? (ulong)(uint)PayloadLength | (ulong)(uint)InflatedLength << 17 | (SelfContained ? 1UL << 34 : 0)
            : (ulong)(uint)PayloadLength | (SelfContained ? 1UL << 17 : 0);
        PutLittleEndian(output[..(Size - ChecksumSize)], bits);
        PutLittleEndian(output[(Size - ChecksumSize)..Size], (ulong)Checksums.Crc24(output[..(Size - ChecksumSize)]));
    }

    private static ulong LittleEndian(ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var i = bytes.Length - 1; i >= 0; i--)
            value = value << 8 | bytes[i];
        return value;
    }

    private static void PutLittleEndian(Span<byte> bytes, ulong value)
    {
        for (var i = 0; i < bytes.Length; i++, value >>= 8)
            bytes[i] = (byte)value;
    }
}
