using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>The chunks of a WAV file.</summary>
internal static class Wave
{
    private const int MaxChunks = 1_000;

    public static Recording? Read(FileReader file)
    {
        var bytesPerSecond = 0u;
        for (var (offset, i) = (12L, 0); i < MaxChunks && file.TryRead(offset, 8, out var chunk); i++)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            if (chunk.StartsWith("data"u8))
            {
                // What is written while recording does not know how long it gets.
                var bytes = Math.Min(length is 0 or uint.MaxValue ? long.MaxValue : length, file.Length - offset - 8);
                return bytesPerSecond == 0 ? null : Recording.Sound("audio/wav", Recording.DurationOf(bytes, bytesPerSecond));
            }
            if (chunk.StartsWith("fmt "u8) && file.TryRead(offset + 16, 4, out var rate))
                bytesPerSecond = BinaryPrimitives.ReadUInt32LittleEndian(rate);
            offset += 8 + length + (length & 1);
        }
        return null;
    }
}
