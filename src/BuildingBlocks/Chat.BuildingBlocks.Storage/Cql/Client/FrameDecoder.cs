using System.Buffers.Binary;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>A frame's first nine bytes (v4 §2). The stream is that of the request which it answers, -1 for an event.</summary>
internal readonly record struct FrameHeader(byte Version, FrameFlags Flags, short Stream, Opcode Opcode, int Length)
{
    public const int Size = 9;

    /// <summary>A longer body is taken for garbage: an answer of 10 000 rows stays far below it.</summary>
    public const int MaxLength = 128 * 1024 * 1024;

    private const byte FromServer = 0x80;

    /// <exception cref="InvalidDataException">No server sends such a thing.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        var header = new FrameHeader((byte)(bytes[0] & ~FromServer), (FrameFlags)bytes[1], BinaryPrimitives.ReadInt16BigEndian(bytes[2..]),
            (Opcode)bytes[4], BinaryPrimitives.ReadInt32BigEndian(bytes[5..]));
        return (bytes[0] & FromServer) != 0 && header.Version is >= 3 and <= 6 && header.Length is >= 0 and <= MaxLength
            ? header
            : throw new InvalidDataException($"Not a frame: {Convert.ToHexString(bytes[..Size])}.");
    }
}

/// <summary>Takes the frames that arrive.</summary>
internal interface IFrameSink
{
    /// <param name="header">Its length and flags are those of the body as it is given here, which is never compressed.</param>
    /// <param name="body">Only good until this returns.</param>
    void OnFrame(in FrameHeader header, ReadOnlySpan<byte> body);
}

/// <summary>
/// Cuts a stream of bytes, in pieces of any size, into frames: one behind the other in v4, in checksummed segments in v5 (v5 §2).
/// Written by the read loop alone.
/// </summary>
internal sealed class FrameDecoder(IFrameSink sink, bool compressed = false)
{
    private BodyWriter? _parts;

    /// <summary>Set once both sides have agreed on v5: what follows is in segments.</summary>
    public bool Segmented { get; set; }

    /// <summary>Hands on what is complete.</summary>
    /// <returns>How many bytes are done with; the rest is to come again, with more behind it.</returns>
    /// <exception cref="InvalidDataException">These are no frames; the connection is of no more use.</exception>
    public int Consume(ReadOnlySpan<byte> input)
    {
        var consumed = 0;
        while (true)
        {
            var taken = Segmented ? ConsumeSegment(input[consumed..]) : ConsumeFrame(input[consumed..]);
            if (taken == 0)
                return consumed;
            consumed += taken;
        }
    }

    private int ConsumeFrame(ReadOnlySpan<byte> input)
    {
        if (input.Length < FrameHeader.Size)
            return 0;
        var header = FrameHeader.Read(input);
        if (input.Length - FrameHeader.Size < header.Length)
            return 0;
        var body = input.Slice(FrameHeader.Size, header.Length);
        if ((header.Flags & FrameFlags.Compressed) == 0)
        {
            sink.OnFrame(header, body);
        }
        else
        {
            var inflated = compressed ? Lz4.InflateBody(body) : throw new InvalidDataException("A compressed frame was not agreed on.");
            sink.OnFrame(header with { Flags = header.Flags & ~FrameFlags.Compressed, Length = inflated.Length }, inflated);
        }
        return FrameHeader.Size + header.Length;
    }

    private int ConsumeSegment(ReadOnlySpan<byte> input)
    {
        if (!SegmentHeader.TryRead(input, compressed, out var header)
            || input.Length < header.Size + header.PayloadLength + SegmentHeader.TrailerSize)
        {
            return 0;
        }
        var payload = input.Slice(header.Size, header.PayloadLength);
        if (Checksums.Crc32(payload) != BinaryPrimitives.ReadUInt32LittleEndian(input[(header.Size + header.PayloadLength)..]))
            throw new InvalidDataException("A segment's payload does not match its checksum.");
        if (header.InflatedLength > 0)
            payload = Lz4.Inflate(payload, header.InflatedLength);

        if (header.SelfContained)
            ConsumeWhole(payload);
        else
            ConsumePart(payload);
        return header.Size + header.PayloadLength + SegmentHeader.TrailerSize;
    }

    private void ConsumeWhole(ReadOnlySpan<byte> payload)
    {
        if (_parts is { Length: > 0 })
            throw new InvalidDataException("A large frame was broken off.");
        while (payload.Length > 0)
        {
            var taken = ConsumeFrame(payload);
            if (taken == 0)
                throw new InvalidDataException("A segment of whole frames ends within one.");
            payload = payload[taken..];
        }
    }

    // A frame that is larger than a segment has segments of its own.
    private void ConsumePart(ReadOnlySpan<byte> payload)
    {
        _parts ??= new BodyWriter(2 * SegmentHeader.MaxPayload);
        _parts.Raw(payload);
        if (_parts.Length < FrameHeader.Size)
            return;
        var needed = FrameHeader.Size + FrameHeader.Read(_parts.WrittenSpan).Length;
        if (_parts.Length < needed)
            return;
        if (_parts.Length > needed)
            throw new InvalidDataException("A large frame's segments are longer than it.");
        ConsumeFrame(_parts.WrittenSpan);
        _parts.Clear(keep: 2 * SegmentHeader.MaxPayload);
    }
}
