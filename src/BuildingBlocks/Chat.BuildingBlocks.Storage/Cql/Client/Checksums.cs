using System.IO.Hashing;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>The two checksums of v5's segments (v5 §2).</summary>
internal static class Checksums
{
    private const uint Crc24Start = 0x875060;
    private const uint Crc24Polynomial = 0x1974F0B;

    [ThreadStatic]
    private static Crc32? _crc32;

    private static readonly uint[] Crc24Table = MakeCrc24Table();

    // A payload's checksum is taken as if these went before it.
    private static ReadOnlySpan<byte> Crc32Prefix => [0xFA, 0x2D, 0x55, 0xCA];

    /// <summary>Of a header's bytes.</summary>
    public static int Crc24(ReadOnlySpan<byte> header)
    {
        var crc = Crc24Start;
        foreach (var one in header)
            crc = crc << 8 & 0xFFFFFF ^ Crc24Table[crc >> 16 ^ one];
        return (int)crc;
    }

    /// <summary>Of a payload. Eight times as fast as with tables, which took a quarter of the client's time in reading rows.</summary>
    public static uint Crc32(ReadOnlySpan<byte> payload)
    {
        var crc = _crc32 ??= new Crc32();
        crc.Reset();
        crc.Append(Crc32Prefix);
        crc.Append(payload);
        return crc.GetCurrentHashAsUInt32();
    }

    private static uint[] MakeCrc24Table()
    {
        var table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            var crc = i << 16;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 0x800000) != 0 ? crc << 1 ^ Crc24Polynomial : crc << 1;
            table[i] = crc & 0xFFFFFF;
        }
        return table;
    }
}
