using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Storage.Cql.Client;

namespace Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;

/// <summary>A server's bytes, written out by hand so that the client's own encoder is not what it is checked with.</summary>
internal sealed class Wire
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    public Wire Byte(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public Wire Short(int value) => Byte(value >> 8).Byte(value);

    public Wire Int(int value) => Short(value >> 16).Short(value);

    public Wire Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public Wire String(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Short(bytes.Length).Raw(bytes);
    }

    public Wire ShortBytes(byte[] bytes) => Short(bytes.Length).Raw(bytes);

    /// <summary>[bytes]: null is written as such.</summary>
    public Wire Value(byte[]? bytes) => bytes is null ? Int(-1) : Int(bytes.Length).Raw(bytes);

    public Wire Value(string text) => Value(Encoding.UTF8.GetBytes(text));

    public Wire Value(int number) => Value(new Wire().Int(number).Bytes);

    public Wire Value(Guid id) => Value(id.ToByteArray(bigEndian: true));

    public Wire Strings(params string[] texts)
    {
        Short(texts.Length);
        foreach (var text in texts)
            String(text);
        return this;
    }

    /// <summary>A response's frame.</summary>
    public static byte[] Frame(int version, int stream, Opcode opcode, byte[] body, int flags = 0) =>
        new Wire().Byte(0x80 | version).Byte(flags).Short(stream).Byte((byte)opcode).Int(body.Length).Raw(body).Bytes;

    /// <summary>v5: one segment, uncompressed.</summary>
    public static byte[] Segment(ReadOnlySpan<byte> payload, bool selfContained = true)
    {
        var segment = new byte[6 + payload.Length + 4];
        var bits = payload.Length | (selfContained ? 1 << 17 : 0);
        (segment[0], segment[1], segment[2]) = ((byte)bits, (byte)(bits >> 8), (byte)(bits >> 16));
        var checksum = Checksums.Crc24(segment.AsSpan(0, 3));
        (segment[3], segment[4], segment[5]) = ((byte)checksum, (byte)(checksum >> 8), (byte)(checksum >> 16));
        payload.CopyTo(segment.AsSpan(6));
        BinaryPrimitives.WriteUInt32LittleEndian(segment.AsSpan(6 + payload.Length), Checksums.Crc32(payload));
        return segment;
    }

    /// <summary>v5: as many segments as the frame takes.</summary>
    public static byte[] Segments(byte[] frame) => frame.Length <= SegmentHeader.MaxPayload
        ? Segment(frame)
        : [.. frame.Chunk(SegmentHeader.MaxPayload).SelectMany(part => Segment(part, selfContained: false))];
}
