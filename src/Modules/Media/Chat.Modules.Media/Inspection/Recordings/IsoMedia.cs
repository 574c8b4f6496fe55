using System.Buffers.Binary;
using System.Text;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>The boxes of MP4, QuickTime, M4A, AVIF and HEIC (ISO/IEC 14496-12).</summary>
internal static class IsoMedia
{
    private const int MaxBrands = 64;
    private const int MaxTracks = 100;

    /// <returns>Null if no movie and no picture was found.</returns>
    public static Recording? Read(FileReader file)
    {
        var brands = BrandsOf(file);
        if (brands.Overlaps(["avif", "avis"]))
            return HeifPicture.Read(file, "image/avif");
        if (brands.Overlaps(["heic", "heix", "heim", "heis", "hevc", "hevx"]))
            return HeifPicture.Read(file, "image/heic");
        foreach (var box in Box.In(file, 0, file.Length))
        {
            if (box.Name == "moov" && box.End <= file.Length)
                return ReadMovie(file, box, brands);
        }
        return null;
    }

    private static HashSet<string> BrandsOf(FileReader file)
    {
        var brands = new HashSet<string>();
        if (Box.In(file, 0, file.Length).FirstOrDefault() is not { Name: "ftyp" } type)
            return brands;
        for (var i = 0; i < MaxBrands && type.Start + 4 * i + 4 <= type.End && file.TryRead(type.Start + 4 * i, 4, out var brand); i++)
        {
            // The second is the version of the first.
            if (i != 1)
                brands.Add(Encoding.Latin1.GetString(brand));
        }
        return brands;
    }

    private static Recording ReadMovie(FileReader file, Box movie, HashSet<string> brands)
    {
        double? seconds = null;
        var (hasVideo, tracks, width, height) = (false, 0, 0, 0);
        foreach (var box in Box.In(file, movie))
        {
            if (box.Name == "mvhd")
                seconds = SecondsOf(file, box);
            if (box.Name != "trak" || ++tracks > MaxTracks || !IsVideo(file, box))
                continue;
            hasVideo = true;
            if (SizeOf(file, box) is var (w, h) && (long)w * h > (long)width * height)
                (width, height) = (w, h);
        }
        seconds ??= Fragments.SecondsOf(file, movie);
        var type = brands.Contains("qt  ") || brands.Count == 0 ? "video/quicktime" : hasVideo ? "video/mp4" : "audio/mp4";
        return new Recording(type, width > 0 && height > 0 ? width : null, width > 0 && height > 0 ? height : null, Recording.DurationOf(seconds ?? 0, 1));
    }

    private static double? SecondsOf(FileReader file, Box header)
    {
        if (!file.TryRead(header.Start, (int)Math.Min(32, header.Length), out var bytes) || bytes.Length < 20)
            return null;
        var isLong = bytes[0] == 1;
        if (isLong && bytes.Length < 32)
            return null;
        var scale = BinaryPrimitives.ReadUInt32BigEndian(bytes[(isLong ? 20 : 12)..]);
        double units = isLong ? BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
        var isKnown = scale > 0 && units > 0 && units != (isLong ? (double)ulong.MaxValue : uint.MaxValue);
        return isKnown ? units / scale : null;
    }

    private static bool IsVideo(FileReader file, Box track) =>
        Box.Find(file, track, "mdia", "hdlr") is { } handler && file.TryRead(handler.Start + 8, 4, out var kind) && kind.SequenceEqual("vide"u8);

    private static (int Width, int Height)? SizeOf(FileReader file, Box track)
    {
        if (Box.Find(file, track, "tkhd") is not { } header || !file.TryRead(header.Start, 1, out var version))
            return null;
        // A matrix of nine numbers, then the width and the height, 16.16 each.
        var matrix = header.Start + (version[0] == 1 ? 52 : 40);
        if (!file.TryRead(matrix, 44, out var bytes))
            return null;
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(bytes[36..]) >> 16, BinaryPrimitives.ReadInt32BigEndian(bytes[40..]) >> 16);
        var isUpright = BinaryPrimitives.ReadInt32BigEndian(bytes) != 0 || BinaryPrimitives.ReadInt32BigEndian(bytes[16..]) != 0;
        return isUpright ? (width, height) : (height, width);
    }
}
