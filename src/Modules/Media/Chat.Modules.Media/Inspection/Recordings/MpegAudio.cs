using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>MP3 (and layers I and II), and AAC in ADTS frames, with or without ID3 before them.</summary>
internal static class MpegAudio
{
    private const int MaxTags = 4;
    private const int MaxPadding = 4_096;
    private const int MaxAdtsFrames = 500_000;
    private const int Id3V1Bytes = 128;

    private static readonly int[] AdtsRates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

    public static Recording? Read(FileReader file)
    {
        var offset = 0L;
        for (var i = 0; i < MaxTags && file.TryRead(offset, 10, out var tag) && tag.StartsWith("ID3"u8); i++)
            offset += 10 + ((tag[6] & 0x7F) << 21 | (tag[7] & 0x7F) << 14 | (tag[8] & 0x7F) << 7 | (tag[9] & 0x7F)) + ((tag[5] & 0x10) != 0 ? 10 : 0);
        if (offset > 0 && Flac.Read(file, offset) is { } flac)
            return flac;
        // Only a tag says that sound follows; without one the first bytes have to be a frame.
        var end = offset == 0 ? 1 : offset + MaxPadding;
        for (; offset < end && file.TryRead(offset, 7, out var bytes); offset++)
        {
            if (bytes[0] != 0xFF || (bytes[1] & 0xE0) != 0xE0)
                continue;
            if (MpegFrame.Read(bytes) is { } frame && file.TryRead(offset + frame.Bytes, 4, out var next) && MpegFrame.Read(next) is { } second && frame.IsOneStreamWith(second))
                return Recording.Sound("audio/mpeg", DurationOf(file, offset, frame));
            if (AdtsLength(bytes, out var rate) is > 0 and var length && file.TryRead(offset + length, 7, out var following) && AdtsLength(following, out var same) > 0 && same == rate)
                return Recording.Sound("audio/aac", AdtsDuration(file, offset, rate));
        }
        return null;
    }

    private static long? DurationOf(FileReader file, long offset, MpegFrame frame)
    {
        // The first frame of a variable rate has no sound: it says how many follow.
        if (file.TryRead(offset + 4 + frame.SideBytes, 12, out var xing) && (xing.StartsWith("Xing"u8) || xing.StartsWith("Info"u8)) && (xing[7] & 1) != 0)
            return Recording.DurationOf((double)BinaryPrimitives.ReadUInt32BigEndian(xing[8..]) * frame.Samples, frame.Rate);
        if (file.TryRead(offset + 36, 18, out var vbri) && vbri.StartsWith("VBRI"u8))
            return Recording.DurationOf((double)BinaryPrimitives.ReadUInt32BigEndian(vbri[14..]) * frame.Samples, frame.Rate);
        var end = file.TryRead(file.Length - Id3V1Bytes, 3, out var tag) && tag.SequenceEqual("TAG"u8) ? file.Length - Id3V1Bytes : file.Length;
        return Recording.DurationOf((end - offset) * 8, frame.BitRate);
    }

    private static int AdtsLength(ReadOnlySpan<byte> bytes, out int rate)
    {
        rate = 0;
        var index = (bytes[2] >> 2) & 0xF;
        if (bytes[0] != 0xFF || (bytes[1] & 0xF6) != 0xF0 || index >= AdtsRates.Length)
            return 0;
        rate = AdtsRates[index];
        var length = (bytes[3] & 3) << 11 | bytes[4] << 3 | bytes[5] >> 5;
        return length >= 7 ? length : 0;
    }

    private static long? AdtsDuration(FileReader file, long offset, int rate)
    {
        var frames = 0;
        for (; frames < MaxAdtsFrames && file.TryRead(offset, 7, out var bytes) && AdtsLength(bytes, out _) is > 0 and var length; frames++)
            offset += length;
        return frames < MaxAdtsFrames ? Recording.DurationOf(frames * 1024.0, rate) : null;
    }
}
