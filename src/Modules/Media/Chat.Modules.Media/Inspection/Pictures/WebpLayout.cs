using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>The chunks of a WebP file (RFC 9649).</summary>
/// <remarks>EXIF, XMP and unknown chunks go, with their flags; in their place comes an EXIF chunk that has the orientation alone.</remarks>
internal static class WebpLayout
{
    private const int HeaderBytes = 12;
    private const byte HasExif = 0x08, HasXmp = 0x04;

    public static PictureLayout? Read(FileReader file)
    {
        if (!file.TryRead(0, HeaderBytes + 8, out var start))
            return null;
        var end = 8 + (long)BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        if (end > file.Length)
            return null;
        var isExtended = start[HeaderBytes..].StartsWith("VP8X"u8);
        var (width, height, hasPicture, hasKeptExif) = (0, 0, false, false);
        byte[]? extended = null;
        var orientation = Orientation.AsStored;
        var kept = new PartsList();

        for (long offset = HeaderBytes; offset + 8 <= end;)
        {
            if (kept.IsTooLong || !file.TryRead(offset, 8, out var chunk))
                return null;
            var length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            var next = offset + 8 + length + (length & 1);
            // The last chunk's padding is sometimes left out.
            if (offset + 8 + length > end)
                return null;
            var kind = KindOf(chunk);
            if (offset == HeaderBytes && !file.TryRead(offset + 8, 10, out _))
                return null;
            switch (kind)
            {
                case Chunk.Extended when offset == HeaderBytes && length >= 10 && file.TryRead(offset, 18, out var vp8x):
                    extended = vp8x.ToArray();
                    (width, height) = (1 + ReadThree(vp8x[12..]), 1 + ReadThree(vp8x[15..]));
                    kept.Keep(offset + 18, next - offset - 18);
                    break;
                case Chunk.Picture when !hasPicture || isExtended:
                    if (!hasPicture && !isExtended && !TryReadSize(file, offset, out width, out height))
                        return null;
                    hasPicture = true;
                    kept.Keep(offset, Math.Min(next, end) - offset);
                    break;
                case Chunk.Shown when isExtended:
                    kept.Keep(offset, Math.Min(next, end) - offset);
                    break;
                case Chunk.Exif when isExtended && orientation == Orientation.AsStored && length > 0 && file.TryRead(offset + 8, (int)Math.Min(length, 65_536), out var exif):
                    orientation = Orientation.FromTiff(exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif);
                    hasKeptExif = orientation != Orientation.AsStored && orientation.IsAll(exif);
                    if (hasKeptExif)
                        kept.Keep(offset, Math.Min(next, end) - offset);
                    break;
            }
            offset = next;
        }
        return hasPicture && width > 0 && height > 0 && (extended is not null || !isExtended) && !kept.IsTooLong
            ? new PictureLayout("image/webp", width, height, orientation, Strip(file.Length, kept, extended, orientation, hasKeptExif))
            : null;
    }

    private static FileParts? Strip(long fileLength, PartsList kept, byte[]? extended, Orientation orientation, bool hasKeptExif)
    {
        var length = HeaderBytes + (extended?.Length ?? 0) + kept.Length;
        if (length == fileLength)
            return null;
        if (length % 2 != 0)
            kept.Insert([0]);
        if (extended is not null)
            extended[8] &= unchecked((byte)~(HasExif | HasXmp));
        if (extended is not null && orientation != Orientation.AsStored)
        {
            extended[8] |= HasExif;
            var tiff = orientation.ToTiff();
            if (!hasKeptExif)
                kept.Insert([.. "EXIF"u8, (byte)tiff.Length, 0, 0, 0, .. tiff]);
        }
        byte[] start = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8, .. extended ?? []];
        BinaryPrimitives.WriteUInt32LittleEndian(start.AsSpan(4), (uint)(start.Length - 8 + kept.Length));
        return kept.Behind(start);
    }

    private static bool TryReadSize(FileReader file, long offset, out int width, out int height)
    {
        (width, height) = (0, 0);
        if (!file.TryRead(offset, 18, out var chunk))
            return false;
        var data = chunk[8..];
        if (chunk[3] == 'L')
        {
            if (data[0] != 0x2F)
                return false;
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            (width, height) = (1 + (int)(bits & 0x3FFF), 1 + (int)((bits >> 14) & 0x3FFF));
            return true;
        }
        if (!data[3..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]))
            return false;
        (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3FFF);
        return true;
    }

    private static int ReadThree(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    private static Chunk KindOf(ReadOnlySpan<byte> chunk) =>
        chunk.StartsWith("VP8X"u8) ? Chunk.Extended
        : chunk.StartsWith("VP8 "u8) || chunk.StartsWith("VP8L"u8) || chunk.StartsWith("ANMF"u8) ? Chunk.Picture
        : chunk.StartsWith("ALPH"u8) || chunk.StartsWith("ANIM"u8) || chunk.StartsWith("ICCP"u8) ? Chunk.Shown
        : chunk.StartsWith("EXIF"u8) ? Chunk.Exif
        : Chunk.Other;

    private enum Chunk
    {
        Other,
        Extended,
        Picture,
        Shown,
        Exif,
    }
}
