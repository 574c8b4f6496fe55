using System.Numerics;

namespace Chat.Bench.Load;

/// <summary>Which of a flow's messages, by index. One thread adds; any may read the count; the rest is for when all is quiet.</summary>
internal sealed class MessageSet
{
    private ulong[] bits = new ulong[16];
    private int count;

    public int Count => Volatile.Read(ref count);

    /// <summary>False when the index was there already.</summary>
    public bool Add(int index)
    {
        var word = index >> 6;
        if (word >= bits.Length)
            Array.Resize(ref bits, Math.Max(word + 1, bits.Length * 2));
        var bit = 1UL << (index & 63);
        if ((bits[word] & bit) != 0)
            return false;
        bits[word] |= bit;
        Volatile.Write(ref count, count + 1);
        return true;
    }

    public long CountWithout(MessageSet other)
    {
        long missing = 0;
        for (var word = 0; word < bits.Length; word++)
            missing += BitOperations.PopCount(bits[word] & ~(word < other.bits.Length ? other.bits[word] : 0));
        return missing;
    }
}
