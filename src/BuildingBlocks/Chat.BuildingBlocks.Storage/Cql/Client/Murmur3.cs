using System.Buffers.Binary;
using System.Numerics;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>
/// Tokens of partition keys: the first half of Murmur3's 128 bits for x64, seed 0, as Cassandra computes it. There the bytes of the tail are
/// signed, and long.MinValue is no token.
/// </summary>
internal static class Murmur3
{
    private const ulong C1 = 0x87C37B91114253D5;
    private const ulong C2 = 0x4CF5AD432745937F;

    public static long Token(ReadOnlySpan<byte> key)
    {
        var length = (ulong)key.Length;
        ulong h1 = 0, h2 = 0;
        for (; key.Length >= 16; key = key[16..])
        {
            h1 ^= Mix1(BinaryPrimitives.ReadUInt64LittleEndian(key));
            h1 = (BitOperations.RotateLeft(h1, 27) + h2) * 5 + 0x52DCE729;
            h2 ^= Mix2(BinaryPrimitives.ReadUInt64LittleEndian(key[8..]));
            h2 = (BitOperations.RotateLeft(h2, 31) + h1) * 5 + 0x38495AB5;
        }

        ulong k1 = 0, k2 = 0;
        for (var i = key.Length - 1; i >= 0; i--)
        {
            var signed = (ulong)(sbyte)key[i];
            if (i >= 8)
                k2 ^= signed << (i - 8) * 8;
            else
                k1 ^= signed << i * 8;
        }
        h2 ^= Mix2(k2);
        h1 ^= Mix1(k1);

        h1 ^= length;
        h2 ^= length;
        h1 += h2;
        h2 += h1;
        h1 = Finish(h1) + Finish(h2);
        return (long)h1 is var token && token == long.MinValue ? long.MaxValue : token;
    }

    private static ulong Mix1(ulong k) => BitOperations.RotateLeft(k * C1, 31) * C2;

    private static ulong Mix2(ulong k) => BitOperations.RotateLeft(k * C2, 33) * C1;

    private static ulong Finish(ulong h)
    {
        h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD;
        h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53;
        return h ^ h >> 33;
    }
}
