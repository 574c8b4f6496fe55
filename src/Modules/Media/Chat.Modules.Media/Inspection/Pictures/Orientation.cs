using System.Buffers.Binary;

namespace Chat.Modules.Media.Inspection.Pictures;

/// <summary>How a stored picture is turned before it is shown: the values 1 to 8 of EXIF's tag 0x0112. 1 is as stored.</summary>
internal readonly record struct Orientation
{
    private const ushort Tag = 0x0112;
    private const ushort Short = 3;

    private readonly byte _value;

    private Orientation(int value) => _value = (byte)(value - 1);

    public static Orientation AsStored => default;

    public int Value => _value + 1;

    public bool SwapsSides => Value >= 5;

    /// <summary>Reads the first directory of a TIFF header; what is broken or says nothing is <see cref="AsStored"/>.</summary>
    public static Orientation FromTiff(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8 || !(tiff.StartsWith("II*\0"u8) || tiff.StartsWith("MM\0*"u8)))
            return AsStored;
        var isLittle = tiff[0] == 'I';
        var directory = isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
            return AsStored;
        var entries = tiff[(int)directory..];
        var count = ReadShort(entries, isLittle);
        entries = entries[2..];
        for (; count > 0 && entries.Length >= 12; count--, entries = entries[12..])
        {
            if (ReadShort(entries, isLittle) == Tag)
                return ReadShort(entries[2..], isLittle) == Short && ReadShort(entries[8..], isLittle) is >= 1 and <= 8 and var value ? new Orientation(value) : AsStored;
        }
        return AsStored;
    }

    /// <summary>A TIFF header that says this and nothing else.</summary>
    public byte[] ToTiff() =>
    [
        .. "MM\0*"u8, 0, 0, 0, 8, 0, 1,
        Tag >> 8, Tag & 0xFF, 0, (byte)Short, 0, 0, 0, 1, 0, (byte)Value, 0, 0,
        0, 0, 0, 0,
    ];

    /// <summary>Whether a TIFF header says this and nothing else: it was stripped before.</summary>
    public bool IsAll(ReadOnlySpan<byte> tiff) => tiff.SequenceEqual(ToTiff());

    private static int ReadShort(ReadOnlySpan<byte> bytes, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
