using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>FLAC's stream header (RFC 9639).</summary>
internal static class Flac
{
    public static Recording? Read(FileReader file, long offset = 0)
    {
        if (!file.TryRead(offset, 8 + 18, out var bytes) || !bytes.StartsWith("fLaC"u8) || (bytes[4] & 0x7F) != 0)
            return null;
        var header = bytes[8..];
        var samples = BinaryPrimitives.ReadUInt64BigEndian(header[10..]) & 0xF_FFFF_FFFF;
        return Recording.Sound("audio/flac", Recording.DurationOf(samples, SampleRateOf(header)));
    }

    /// <param name="header">The block STREAMINFO.</param>
    public static uint SampleRateOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32BigEndian(header[10..]) >> 12;
}
