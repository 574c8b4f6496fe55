using System.Buffers.Binary;
using System.Text;

namespace Chat.Modules.Media.Inspection.Recordings;

/// <summary>A box of an ISO media file.</summary>
/// <param name="Start">Where its content begins.</param>
/// <param name="End">Where the next box begins; may be behind the end of the file.</param>
internal sealed record Box(string Name, long Start, long End)
{
    private const int MaxBoxes = 100_000;

    public long Length => End - Start;

    /// <summary>Those in a box, as <see cref="In(FileReader, long, long)"/>. None ends behind it: else what comes after the box would be read again for each of them.</summary>
    public static IEnumerable<Box> In(FileReader file, Box within) =>
        In(file, within.Start, within.End).Select(box => box.End <= within.End ? box : box with { End = within.End });

    /// <summary>The boxes of a range, one after the other, without what is in them.</summary>
    public static IEnumerable<Box> In(FileReader file, long start, long end)
    {
        for (var (offset, i) = (start, 0); offset + 8 <= end && i < MaxBoxes; i++)
        {
            if (ReadAt(file, offset, end) is not { } box)
                yield break;
            yield return box;
            offset = box.End;
        }
    }

    /// <summary>The first box of these names, each within the one before.</summary>
    public static Box? Find(FileReader file, Box within, params ReadOnlySpan<string> path)
    {
        var found = within;
        foreach (var name in path)
        {
            found = In(file, found).FirstOrDefault(box => box.Name == name);
            if (found is null)
                return null;
        }
        return found;
    }

    private static Box? ReadAt(FileReader file, long offset, long end)
    {
        if (!file.TryRead(offset, 8, out var header))
            return null;
        var name = Encoding.Latin1.GetString(header[4..]);
        long size = BinaryPrimitives.ReadUInt32BigEndian(header);
        var start = offset + 8;
        if (size == 1)
        {
            if (!file.TryRead(start, 8, out var large))
                return null;
            size = (long)Math.Min(BinaryPrimitives.ReadUInt64BigEndian(large), long.MaxValue / 2);
            start += 8;
        }
        if (size == 0)
            size = end - offset;
        return size < start - offset ? null : new Box(name, start, offset + size);
    }
}
