using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>The pages of Ogg (RFC 3533), with Opus, Vorbis, FLAC, Speex or Theora.</summary>
internal static class Ogg
{
    // A page has at most 65,307 bytes, so the last one begins within this.
    private const int TailBytes = 65_536;
    private const int MaxStreams = 16;
    private const int PageBytes = 27;

    public static Recording? Read(FileReader file)
    {
        Stream? sound = null;
        var hasVideo = false;
        for (var (offset, i) = (0L, 0); i < MaxStreams && file.TryRead(offset, PageBytes, out var page) && page.StartsWith("OggS"u8); i++)
        {
            // The first page of each stream comes before all others.
            if ((page[5] & 2) == 0)
                break;
            var serial = BinaryPrimitives.ReadUInt32LittleEndian(page[14..]);
            int segments = page[26];
            if (!file.TryRead(offset + PageBytes, segments, out var sizes))
                return null;
            var bytes = 0;
            foreach (var size in sizes)
                bytes += size;
            var start = offset + PageBytes + segments;
            if (bytes == 0 || !file.TryRead(start, bytes, out var packet))
                return null;
            hasVideo |= packet[0] == 0x80 && packet[1..].StartsWith("theora"u8);
            sound ??= SoundOf(serial, packet);
            offset = start + bytes;
        }
        if (sound is null && !hasVideo)
            return null;
        var duration = sound is null ? null : Recording.DurationOf(LastPosition(file, sound.Serial) - sound.Skipped, sound.PerSecond);
        return Recording.Sound(hasVideo ? "video/ogg" : "audio/ogg", duration);
    }

    private static Stream? SoundOf(uint serial, ReadOnlySpan<byte> packet)
    {
        if (packet.StartsWith("OpusHead"u8) && packet.Length >= 19)
            return new Stream(serial, 48_000, BinaryPrimitives.ReadUInt16LittleEndian(packet[10..]));
        if (packet.StartsWith("\u0001vorbis"u8) && packet.Length >= 16)
            return new Stream(serial, BinaryPrimitives.ReadUInt32LittleEndian(packet[12..]), 0);
        if (packet.StartsWith("\u007FFLAC"u8) && packet.Length >= 13 + 18)
            return new Stream(serial, Flac.SampleRateOf(packet[17..]), 0);
        if (packet.StartsWith("Speex   "u8) && packet.Length >= 40)
            return new Stream(serial, BinaryPrimitives.ReadUInt32LittleEndian(packet[36..]), 0);
        return null;
    }

    private static double LastPosition(FileReader file, uint serial)
    {
        var start = Math.Max(0, file.Length - TailBytes);
        if (!file.TryRead(start, (int)(file.Length - start), out var tail))
            return 0;
        while (tail.LastIndexOf("OggS"u8) is >= 0 and var at)
        {
            var page = tail[at..];
            if (page.Length >= PageBytes && BinaryPrimitives.ReadUInt32LittleEndian(page[14..]) == serial && BinaryPrimitives.ReadInt64LittleEndian(page[6..]) is > 0 and var position)
                return position;
            tail = tail[..at];
        }
        return 0;
    }

    private sealed record Stream(uint Serial, uint PerSecond, int Skipped);
}
