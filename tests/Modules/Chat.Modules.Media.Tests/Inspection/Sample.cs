using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Chat.Modules.Media.Inspection;
using SkiaSharp;

namespace Chat.Modules.Media.Tests.Inspection;

/// <summary>Files to look into.</summary>
internal static class Sample
{
    /// <summary>A TIFF header with an orientation and a GPS directory with a latitude.</summary>
    public static byte[] Exif(int orientation, bool isLittle = false)
    {
        byte[] tiff = [.. isLittle ? "II*\0"u8 : "MM\0*"u8, .. U32(8), .. U16(2),
            .. U16(0x0112), .. U16(3), .. U32(1), .. U16(orientation), .. U16(0),
            .. U16(0x8825), .. U16(4), .. U32(1), .. U32(38), .. U32(0),
            .. U16(1), .. U16(1), .. U16(2), .. U32(2), .. "N\0\0\0"u8, .. U32(0),
            .. "GPSLatitude 52.5"u8];
        return tiff;

        byte[] U16(int value) => isLittle ? [(byte)value, (byte)(value >> 8)] : [(byte)(value >> 8), (byte)value];
        byte[] U32(int value) => isLittle ? [.. U16(value), .. U16(value >> 16)] : [.. U16(value >> 16), .. U16(value)];
    }

    /// <summary>A picture of noise whose left half is reddish, its right half bluish.</summary>
    public static byte[] Picture(SKEncodedImageFormat format, int width = 96, int height = 64, int quality = 90)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var pixels = MemoryMarshal.Cast<byte, uint>(bitmap.GetPixelSpan());
        var random = new Random(width * 1000 + height);
        for (var i = 0; i < pixels.Length; i++)
        {
            var noise = (uint)random.Next(80);
            pixels[i] = 0xFF00_0000 | (i % width < width / 2 ? 220 | noise << 8 | noise << 16 : noise | noise << 8 | 220u << 16);
        }
        using var encoded = bitmap.Encode(format, quality);
        return encoded.ToArray();
    }

    /// <summary>With EXIF, XMP, IPTC, a comment, a profile, and something behind the picture.</summary>
    public static byte[] JpegWithMetadata(int orientation)
    {
        var plain = Picture(SKEncodedImageFormat.Jpeg);
        return [.. plain[..2], .. Segment(0xE1, [.. "Exif\0\0"u8, .. Exif(orientation)]), .. Segment(0xE1, "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>GPSLatitude</x:xmpmeta>"u8),
            .. Segment(0xED, "Photoshop 3.0\0GPSLatitude"u8), .. Segment(0xFE, "comment GPSLatitude"u8), .. Segment(0xE2, "MPF\0GPSLatitude"u8), .. plain[2..], .. "a film GPSLatitude"u8];

        static byte[] Segment(byte marker, ReadOnlySpan<byte> body) => [0xFF, marker, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body];
    }

    public static byte[] PngWithMetadata(int orientation)
    {
        var plain = Picture(SKEncodedImageFormat.Png);
        return [.. plain[..33], .. Chunk("eXIf", Exif(orientation)), .. Chunk("tEXt", "Comment\0GPSLatitude"u8), .. Chunk("tIME", new byte[7]), .. Chunk("gAMA", [0, 0, 0xB1, 0x8F]),
            .. plain[33..^12], .. Chunk("iTXt", "XML:com.adobe.xmp\0\0\0\0\0GPSLatitude"u8), .. Chunk("prVt", "GPSLatitude"u8), .. plain[^12..], .. "GPSLatitude"u8];
    }

    public static byte[] Chunk(string name, ReadOnlySpan<byte> body)
    {
        byte[] chunk = [0, 0, 0, 0, .. name.Select(c => (byte)c), .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, body.Length + 4)));
        return chunk;
    }

    /// <summary>In the extended form, with EXIF, XMP and a chunk that nobody knows.</summary>
    public static byte[] WebpWithMetadata(int orientation, int quality = 90)
    {
        var plain = Picture(SKEncodedImageFormat.Webp, quality: quality);
        byte[] extended = [0x08 | 0x04, 0, 0, 0, 95, 0, 0, 63, 0, 0];
        var picture = plain.AsSpan(12);
        if (picture.StartsWith("VP8X"u8))
            picture = picture[18..];
        byte[] file = [.. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8, .. Riff("VP8X", extended), .. picture, .. Riff("EXIF", Exif(orientation, isLittle: true)), .. Riff("XMP ", "GPSLatitude "u8), .. Riff("abcd", "GPSLatitude!"u8)];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        return file;

        static byte[] Riff(string name, ReadOnlySpan<byte> body) =>
            [.. name.Select(c => (byte)c), (byte)body.Length, (byte)(body.Length >> 8), 0, 0, .. body, .. new byte[body.Length & 1]];
    }

    /// <summary>Sound, film and pictures, a few kilobytes each, made by ffmpeg.</summary>
    public static byte[] Made(string name) => File.ReadAllBytes(Path.Combine(Folder(), name));

    /// <summary>One of each kind that is looked into.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> All() =>
    [
        ("jpeg", JpegWithMetadata(6)), ("png", PngWithMetadata(6)), ("webp", WebpWithMetadata(6)), ("lossless webp", WebpWithMetadata(6, 100)),
        .. Directory.GetFiles(Folder()).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), File.ReadAllBytes(path))),
    ];

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Samples");

    public static byte[] Copy(FileParts parts, byte[] file)
    {
        using var from = new MemoryStream(file, writable: false);
        using var copy = parts.Open(from);
        using var bytes = new MemoryStream();
        copy.CopyTo(bytes);
        Assert.Equal(parts.Length, bytes.Length);
        return bytes.ToArray();
    }
}
