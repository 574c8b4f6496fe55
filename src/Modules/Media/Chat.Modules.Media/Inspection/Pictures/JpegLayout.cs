using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>The segments of a JPEG file (ITU-T T.81, annex B).</summary>
/// <remarks>
/// Kept are the picture, the ICC profile, JFIF without its preview and Adobe's colour transform. EXIF, XMP, IPTC, comments, previews and whatever follows the picture
/// (a phone's second picture, or film) go; in their place comes an EXIF segment that has the orientation alone.
/// </remarks>
internal static class JpegLayout
{
    private const int MaxSegments = 10_000;

    // A progressive picture has about 10; each one more is one more pass over all pixels.
    private const int MaxScans = 32;

    // Of its header; a preview of so many pixels as its last two bytes say follows.
    private const int JfifBytes = 14;

    private const byte StartOfImage = 0xD8, EndOfImage = 0xD9, StartOfScan = 0xDA, App0 = 0xE0, App1 = 0xE1, App2 = 0xE2, App14 = 0xEE, App15 = 0xEF, Comment = 0xFE;

    public static PictureLayout? Read(FileReader file)
    {
        var (width, height, scans, offset) = (0, 0, 0, 2L);
        var orientation = Orientation.AsStored;
        var kept = new PartsList();
        kept.Keep(0, 2);
        var (exifAt, hasKeptExif) = (0L, false);

        for (var segments = 0; segments < MaxSegments && TryReadMarker(file, ref offset, out var marker); segments++)
        {
            if (marker == EndOfImage)
                return width > 0 && scans > 0 && !kept.IsTooLong ? ToLayout() : null;
            if (marker is StartOfImage or 0x00 or 0x01 or (>= 0xD0 and <= 0xD7) || !file.TryRead(offset, 2, out var size))
                return null;
            var length = BinaryPrimitives.ReadUInt16BigEndian(size);
            if (length < 2 || !file.TryRead(offset, length, out var segment))
                return null;
            var body = segment[2..];

            if (IsFrame(marker))
            {
                if (width > 0 || body.Length < 6)
                    return null;
                (height, width) = (BinaryPrimitives.ReadUInt16BigEndian(body[1..]), BinaryPrimitives.ReadUInt16BigEndian(body[3..]));
                if (width == 0 || height == 0)
                    return null;
            }
            var isKept = IsKept(marker, body);
            if (marker == App1 && orientation == Orientation.AsStored && body.StartsWith("Exif\0\0"u8))
            {
                orientation = Orientation.FromTiff(body[6..]);
                hasKeptExif = isKept = orientation != Orientation.AsStored && orientation.IsAll(body[6..]);
            }
            var start = offset - 2;
            offset += length;
            if (marker == StartOfScan)
            {
                if (width == 0 || ++scans > MaxScans)
                    return null;
                offset = FindEndOfScan(file, offset);
            }
            if (!isKept)
                continue;
            if (marker == App0 && body.Length > JfifBytes)
            {
                kept.Insert([0xFF, App0, 0, 2 + JfifBytes, .. body[..(JfifBytes - 2)], 0, 0]);
                continue;
            }
            // EXIF comes before everything but JFIF.
            if (exifAt == 0 && marker != App0)
                exifAt = start;
            kept.Keep(start, offset - start);
        }
        return null;

        PictureLayout ToLayout()
        {
            kept.Keep(offset - 2, 2);
            var parts = kept.ToParts(file.Length);
            if (parts is not null && orientation != Orientation.AsStored && !hasKeptExif)
                parts = WithExif(parts, exifAt, orientation);
            return new PictureLayout("image/jpeg", width, height, orientation, parts);
        }
    }

    // Bytes 0xFF before a marker fill; nothing else may stand there.
    private static bool TryReadMarker(FileReader file, ref long offset, out byte marker)
    {
        marker = 0;
        if (!file.TryRead(offset, 1, out var first) || first[0] != 0xFF)
            return false;
        while (marker is 0 or 0xFF)
        {
            if (!file.TryRead(++offset, 1, out var next) || next[0] == 0)
                return false;
            marker = next[0];
        }
        offset++;
        return true;
    }

    // Within a scan, 0xFF is followed by 0 (a byte of data) or by a restart marker.
    private static long FindEndOfScan(FileReader file, long offset)
    {
        while (file.ReadSome(offset) is { IsEmpty: false } some)
        {
            var at = some.IndexOf((byte)0xFF);
            offset += at < 0 ? some.Length : at;
            if (at < 0)
                continue;
            if (!file.TryRead(offset, 2, out var pair))
                return file.Length;
            if (pair[1] is not (0 or 0xFF or (>= 0xD0 and <= 0xD7)))
                return offset;
            offset += pair[1] == 0xFF ? 1 : 2;
        }
        return file.Length;
    }

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    private static bool IsKept(byte marker, ReadOnlySpan<byte> body) => marker switch
    {
        App0 => body.StartsWith("JFIF\0"u8),
        App2 => body.StartsWith("ICC_PROFILE\0"u8),
        App14 => body.StartsWith("Adobe"u8),
        > App0 and <= App15 or Comment => false,
        _ => true,
    };

    private static FileParts WithExif(FileParts parts, long offset, Orientation orientation)
    {
        var tiff = orientation.ToTiff();
        byte[] segment = [0xFF, App1, 0, (byte)(2 + 6 + tiff.Length), .. "Exif\0\0"u8, .. tiff];
        var split = new List<FilePart>();
        foreach (var part in parts.Parts)
        {
            if (part.IsInserted || offset < part.Offset || offset >= part.Offset + part.Length)
            {
                split.Add(part);
                continue;
            }
            if (offset > part.Offset)
                split.Add(new FilePart(part.Offset, offset - part.Offset, default));
            split.Add(new FilePart(segment));
            split.Add(new FilePart(offset, part.Offset + part.Length - offset, default));
        }
        return new FileParts(split);
    }
}
