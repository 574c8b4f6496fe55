using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>LZ4 as the protocol has it: blocks, in v4 behind their length (v4 §5), in v5 with it in the segment's header.</summary>
internal static class Lz4
{
    /// <summary>Its name to the server.</summary>
    public const string Name = "lz4";

    // Below it nothing is won.
    private const int Least = 256;

    /// <summary>Puts a compressed body in place of one that was written to the end of <paramref name="writer"/>, if that is shorter.</summary>
    /// <param name="writer">The frame begins at <paramref name="frame"/>.</param>
    /// <param name="frame">Its flags are set to say so.</param>
    public static void DeflateBody(BodyWriter writer, int frame)
    {
        var at = frame + FrameHeader.Size;
        var length = writer.Length - at;
        if (length < Least)
            return;
        var deflated = new byte[LZ4Codec.MaximumOutputSize(length)];
        var size = LZ4Codec.Encode(writer.WrittenSpan[at..], deflated);
        if (size <= 0 || size + 4 >= length)
            return;
        writer.CutTo(at);
        writer.Int(length);
        writer.Raw(deflated.AsSpan(0, size));
        writer.WrittenSpan[frame + 1] |= (byte)FrameFlags.Compressed;
    }

    /// <summary>Compresses what is written from <paramref name="at"/> on, if that is shorter.</summary>
    public static bool TryDeflate(BodyWriter writer, int at)
    {
        var length = writer.Length - at;
        if (length < Least)
            return false;
        var deflated = new byte[LZ4Codec.MaximumOutputSize(length)];
        var size = LZ4Codec.Encode(writer.WrittenSpan[at..], deflated);
        if (size <= 0 || size >= length)
            return false;
        writer.CutTo(at);
        writer.Raw(deflated.AsSpan(0, size));
        return true;
    }

    /// <summary>A v4 frame's body.</summary>
    /// <exception cref="InvalidDataException">It is no such block.</exception>
    public static byte[] InflateBody(ReadOnlySpan<byte> body)
    {
        if (body.Length < 4)
            throw new InvalidDataException("A compressed frame without its length.");
        return Inflate(body[4..], BinaryPrimitives.ReadInt32BigEndian(body));
    }

    /// <summary>A block whose inflated length is known.</summary>
    /// <inheritdoc cref="InflateBody"/>
    public static byte[] Inflate(ReadOnlySpan<byte> block, int length)
    {
        // LZ4 makes at most 255 bytes of one: more is a lie, and must not cost the memory.
        if (length < 0 || length > FrameHeader.MaxLength || length > (block.Length + 1L) * 255)
            throw new InvalidDataException($"{block.Length} compressed bytes cannot hold {length}.");
        if (length == 0)
            return [];
        var inflated = new byte[length];
        return LZ4Codec.Decode(block, inflated) == length
            ? inflated
            : throw new InvalidDataException("A compressed block is damaged.");
    }
}
