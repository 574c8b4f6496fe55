using System.Buffers.Binary;
using System.Numerics;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>The elements of WebM and Matroska (RFC 9559).</summary>
/// <remarks>A browser's recording has no duration in its header; then it is taken from the times of the blocks, of which only the first bytes are read.</remarks>
internal static class Matroska
{
    private const int MaxElements = 500_000;
    private const uint Header = 0x1A45DFA3, DocType = 0x4282, Segment = 0x18538067, SegmentInfo = 0x1549A966, TimestampScale = 0x2AD7B1, Duration = 0x4489,
        Tracks = 0x1654AE6B, TrackEntry = 0xAE, TrackType = 0x83, Video = 0xE0, PixelWidth = 0xB0, PixelHeight = 0xBA,
        Cluster = 0x1F43B675, ClusterTime = 0xE7, SimpleBlock = 0xA3, BlockGroup = 0xA0, Block = 0xA1;

    public static Recording? Read(FileReader file)
    {
        var (type, hasVideo, hasSound, width, height) = ((string?)null, false, false, 0, 0);
        var (scale, duration, cluster, latest) = (1_000_000ul, 0.0, 0ul, 0ul);
        var offset = 0L;
        for (var i = 0; i < MaxElements && TryReadElement(file, offset, out var element); i++)
        {
            offset = element.IsEntered ? element.Start : element.End;
            switch (element.Id)
            {
                case DocType when file.TryRead(element.Start, 4, out var name):
                    type = name.SequenceEqual("webm"u8) ? "webm" : name.SequenceEqual("matr"u8) ? "x-matroska" : null;
                    break;
                case TimestampScale:
                    scale = ReadNumber(file, element);
                    break;
                case Duration:
                    duration = ReadFloat(file, element);
                    break;
                case TrackType:
                    var kind = ReadNumber(file, element);
                    (hasVideo, hasSound) = (hasVideo || kind == 1, hasSound || kind == 2);
                    break;
                case PixelWidth when width == 0:
                    width = (int)Math.Min(ReadNumber(file, element), 1_000_000);
                    break;
                case PixelHeight when height == 0:
                    height = (int)Math.Min(ReadNumber(file, element), 1_000_000);
                    break;
                case Cluster when duration > 0:
                    i = MaxElements;
                    break;
                case ClusterTime:
                    cluster = ReadNumber(file, element);
                    break;
                case SimpleBlock or Block:
                    latest = Math.Max(latest, cluster + RelativeTime(file, element));
                    break;
            }
        }
        if (type is null || !(hasVideo || hasSound))
            return null;
        var units = duration > 0 ? duration : latest;
        var hasSize = hasVideo && width > 0 && height > 0;
        return new Recording($"{(hasVideo ? "video" : "audio")}/{type}", hasSize ? width : null, hasSize ? height : null, Recording.DurationOf(units * scale, 1e9));
    }

    private static bool TryReadElement(FileReader file, long offset, out Element element)
    {
        element = default;
        if (!file.TryRead(offset, 1, out var first) || first[0] < 0x10)
            return false;
        var idBytes = BitOperations.LeadingZeroCount((uint)first[0]) - 23;
        if (!file.TryRead(offset, idBytes + 1, out var bytes))
            return false;
        var id = 0u;
        foreach (var one in bytes[..idBytes])
            id = (id << 8) | one;
        var sizeBytes = BitOperations.LeadingZeroCount((uint)bytes[idBytes]) - 23;
        if (sizeBytes > 8 || !file.TryRead(offset + idBytes, sizeBytes, out bytes))
            return false;
        var size = bytes[0] & ((1UL << (8 - sizeBytes)) - 1);
        foreach (var one in bytes[1..])
            size = (size << 8) | one;
        var isUnknown = size == (1UL << (7 * sizeBytes)) - 1;
        var start = offset + idBytes + sizeBytes;
        var isEntered = id is Header or Segment or SegmentInfo or Tracks or TrackEntry or Video or Cluster or BlockGroup;
        element = new Element(id, start, isUnknown || size > (ulong)file.Length ? file.Length : start + (long)size, isEntered);
        return true;
    }

    private static ulong ReadNumber(FileReader file, Element element)
    {
        if (element.Length is < 1 or > 8 || !file.TryRead(element.Start, (int)element.Length, out var bytes))
            return 0;
        var number = 0ul;
        foreach (var one in bytes)
            number = (number << 8) | one;
        return number;
    }

    private static double ReadFloat(FileReader file, Element element) =>
        element.Length is not (4 or 8) || !file.TryRead(element.Start, (int)element.Length, out var bytes) ? 0
        : bytes.Length == 4 ? BinaryPrimitives.ReadSingleBigEndian(bytes)
        : BinaryPrimitives.ReadDoubleBigEndian(bytes);

    // The block's track is a number of variable length, its time a signed number behind it.
    private static ulong RelativeTime(FileReader file, Element element)
    {
        if (!file.TryRead(element.Start, 1, out var track) || track[0] == 0 || !file.TryRead(element.Start + BitOperations.LeadingZeroCount((uint)track[0]) - 23, 2, out var time))
            return 0;
        return (ulong)Math.Max((short)0, BinaryPrimitives.ReadInt16BigEndian(time));
    }

    private readonly record struct Element(uint Id, long Start, long End, bool IsEntered)
    {
        public long Length => End - Start;
    }
}
