using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>AVIF and HEIC: recognised and measured, not decoded.</summary>
internal static class HeifPicture
{
    private const int MaxProperties = 1_000;

    /// <returns>Null if the file is cut.</returns>
    public static Recording? Read(FileReader file, string contentType)
    {
        Box? meta = null;
        foreach (var box in Box.In(file, 0, file.Length))
        {
            if (box.End > file.Length)
                return null;
            if (box.Name == "meta")
                meta ??= box;
        }
        // The content of a meta box begins with a version.
        if (meta is null || Box.Find(file, meta with { Start = meta.Start + 4 }, "iprp", "ipco") is not { } properties)
            return null;
        var (width, height, turned) = (0u, 0u, false);
        foreach (var property in Box.In(file, properties).Take(MaxProperties))
        {
            // A picture of tiles has a size for each, and its own, which is the largest.
            if (property.Name == "ispe" && file.TryRead(property.Start, 12, out var size))
            {
                var (w, h) = (BinaryPrimitives.ReadUInt32BigEndian(size[4..]), BinaryPrimitives.ReadUInt32BigEndian(size[8..]));
                if ((ulong)w * h > (ulong)width * height)
                    (width, height) = (w, h);
            }
            if (property.Name == "irot" && file.TryRead(property.Start, 1, out var angle))
                turned = (angle[0] & 1) != 0;
        }
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
            return null;
        return turned ? new Recording(contentType, (int)height, (int)width, null) : new Recording(contentType, (int)width, (int)height, null);
    }
}
