using System.Buffers.Binary;
using System.IO.Hashing;

namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>The chunks of a PNG file (W3C PNG, third edition).</summary>
/// <remarks>Kept are the chunks that a display needs, animations included. Text, times, EXIF and chunks that are not registered go; in their place comes an <c>eXIf</c> that has the orientation alone.</remarks>
internal static class PngLayout
{
    private const int SignatureBytes = 8;
    private const int MaxDimension = int.MaxValue;

    private static readonly HashSet<uint> Shown = [.. new[]
    {
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "bKGD", "pHYs", "hIST", "sPLT", "cICP", "mDCV", "cLLI", "acTL", "fcTL", "fdAT",
    }.Select(NameOf)];

    private static readonly uint Header = NameOf("IHDR"), Data = NameOf("IDAT"), End = NameOf("IEND"), Exif = NameOf("eXIf");

    public static PictureLayout? Read(FileReader file)
    {
        if (!file.TryRead(SignatureBytes, 8 + 13 + 4, out var start) || BinaryPrimitives.ReadUInt32BigEndian(start) != 13 || BinaryPrimitives.ReadUInt32BigEndian(start[4..]) != Header)
            return null;
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(start[8..]), BinaryPrimitives.ReadUInt32BigEndian(start[12..]));
        if (width is 0 or > MaxDimension || height is 0 or > MaxDimension)
            return null;

        var bytesPerPixel = BytesPerPixel(depth: start[16], colourType: start[17], isInterlaced: start[20] != 0);

        const long afterHeader = SignatureBytes + 8 + 13 + 4;
        var kept = new PartsList();
        var orientation = Orientation.AsStored;
        var (hasData, hasKeptExif) = (false, false);
        for (var offset = afterHeader; file.TryRead(offset, 8, out var chunk) && !kept.IsTooLong;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            var name = BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]);
            if (length > int.MaxValue || offset + 12 + length > file.Length)
                return null;
            var isKept = Shown.Contains(name);
            if (name == Exif && orientation == Orientation.AsStored && file.TryRead(offset + 8, (int)Math.Min(length, 65_536), out var exif))
            {
                orientation = Orientation.FromTiff(exif);
                hasKeptExif = isKept = orientation != Orientation.AsStored && orientation.IsAll(exif);
            }
            if (isKept)
                kept.Keep(offset, 12 + length);
            else if ((name & 0x2000_0000) == 0)
                return null; // a critical chunk that no decoder knows
            hasData |= name == Data;
            offset += 12 + length;
            if (name == End)
                return hasData ? ToLayout() : null;
        }
        return null;

        PictureLayout ToLayout() => new(
            "image/png", (int)width, (int)height, orientation, Strip(file.Length, afterHeader, kept, hasKeptExif ? Orientation.AsStored : orientation))
        {
            BytesPerPixel = bytesPerPixel,
        };
    }

    // All of an interlaced picture is held as it is stored, beside its pixels of four bytes.
    private static int BytesPerPixel(byte depth, byte colourType, bool isInterlaced)
    {
        var channels = colourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        return Math.Max(PictureLayout.UsualBytesPerPixel, isInterlaced ? 4 + channels * Math.Max(1, depth / 8) : 0);
    }

    private static FileParts? Strip(long fileLength, long afterHeader, PartsList kept, Orientation toInsert)
    {
        if (afterHeader + kept.Length == fileLength)
            return null;
        var parts = new PartsList();
        parts.Keep(0, afterHeader);
        if (toInsert != Orientation.AsStored)
            parts.Insert(ExifChunk(toInsert));
        foreach (var part in kept.ToParts(-1)!.Parts)
            parts.Keep(part.Offset, part.Length);
        return parts.ToParts(fileLength);
    }

    private static byte[] ExifChunk(Orientation orientation)
    {
        var tiff = orientation.ToTiff();
        byte[] chunk = [0, 0, 0, (byte)tiff.Length, .. "eXIf"u8, .. tiff, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(^4..), Crc32.HashToUInt32(chunk.AsSpan(4..^4)));
        return chunk;
    }

    private static uint NameOf(string name) => (uint)((name[0] << 24) | (name[1] << 16) | (name[2] << 8) | name[3]);
}
