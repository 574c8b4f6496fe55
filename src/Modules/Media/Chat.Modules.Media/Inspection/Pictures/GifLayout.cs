using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>The blocks of a GIF file (GIF89a). Nothing of it is stripped: GIF has no EXIF.</summary>
internal static class GifLayout
{
    private const int MaxBlocks = 1_000_000;
    private const byte Extension = 0x21, Frame = 0x2C, Trailer = 0x3B;

    public static PictureLayout? Read(FileReader file)
    {
        if (!file.TryRead(0, 13, out var start))
            return null;
        var (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(start[6..]), BinaryPrimitives.ReadUInt16LittleEndian(start[8..]));
        var offset = 13 + ColourTableBytes(start[10]);
        var hasFrame = false;
        for (var blocks = 0; blocks < MaxBlocks && file.TryRead(offset, 1, out var block); blocks++)
        {
            switch (block[0])
            {
                case Trailer:
                    return hasFrame && width > 0 && height > 0 ? new PictureLayout("image/gif", width, height, Orientation.AsStored, null) : null;
                case Extension:
                    offset += 2;
                    break;
                case Frame when file.TryRead(offset, 10, out var descriptor):
                    hasFrame = true;
                    offset += 10 + ColourTableBytes(descriptor[9]) + 1;
                    break;
                default:
                    return null;
            }
            if (!SkipSubBlocks(file, ref offset))
                return null;
        }
        return null;
    }

    private static bool SkipSubBlocks(FileReader file, ref long offset)
    {
        while (file.TryRead(offset, 1, out var size))
        {
            offset += 1 + size[0];
            if (size[0] == 0)
                return true;
        }
        return false;
    }

    private static long ColourTableBytes(byte flags) => (flags & 0x80) == 0 ? 0 : 3L << ((flags & 7) + 1);
}
