using System.Buffers.Binary;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>The two checksums of v5's segments (v5 §2).</summary>
internal static class Checksums
{
    private const uint Crc24Start = 0x875060;
    private const uint Crc24Polynomial = 0x1974F0B;
    private const uint Crc32Polynomial = 0xEDB88320;

    // The payload's checksum begins as if these four bytes, FA 2D 55 CA, had gone before it.
    private static readonly uint[] Crc32Tables = MakeCrc32Tables();
    private static readonly uint Crc32Start = Update(uint.MaxValue, [0xFA, 0x2D, 0x55, 0xCA]);

    /// <summary>Of a header's bytes.</summary>
    public static int Crc24(ReadOnlySpan<byte> header)
    {
        var crc = Crc24Start;
        foreach (var one in header)
        {
            crc ^= (uint)one << 16;
            for (var bit = 0; bit < 8; bit++)
            {
                crc <<= 1;
                if ((crc & 0x1000000) != 0)
                    crc ^= Crc24Polynomial;
            }
        }
        return (int)crc;
    }

    /// <summary>Of a payload.</summary>
    public static uint Crc32(ReadOnlySpan<byte> payload) => ~Update(Crc32Start, payload);

    // Eight bytes a step, by eight tables: the runtime's own CRC-32 is a package of its own, which this does not need.
    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = Crc32Tables[0x700 + (low & 0xFF)] ^ Crc32Tables[0x600 + (low >> 8 & 0xFF)]
                ^ Crc32Tables[0x500 + (low >> 16 & 0xFF)] ^ Crc32Tables[0x400 + (low >> 24)]
                ^ Crc32Tables[0x300 + (high & 0xFF)] ^ Crc32Tables[0x200 + (high >> 8 & 0xFF)]
                ^ Crc32Tables[0x100 + (high >> 16 & 0xFF)] ^ Crc32Tables[high >> 24];
            bytes = bytes[8..];
        }
        foreach (var one in bytes)
            crc = crc >> 8 ^ Crc32Tables[(crc ^ one) & 0xFF];
        return crc;
    }

    private static uint[] MakeCrc32Tables()
    {
        var tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ Crc32Polynomial : crc >> 1;
            tables[i] = crc;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = tables[i - 256] >> 8 ^ tables[tables[i - 256] & 0xFF];
        return tables;
    }
}
