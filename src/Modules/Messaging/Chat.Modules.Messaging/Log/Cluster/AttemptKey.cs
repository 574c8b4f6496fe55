using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// The key of an attempt's claims: 58 bits made of (sender, clientMsgId), which are also the last bits of the message's id. So an attempt and an id are looked up
/// by the same key, and one row is written for both. The id stays a UUID of version 7 (RFC 9562 §5.7): 48 bits of time,
/// 12 that are random unless the clock went back (<see cref="Activity"/>), 4 random ones.
/// </summary>
/// <remarks>
/// A clientMsgId that is a UUID of version 7 contains its time, and the key begins with it: attempts of one moment share a partition, and their claims share
/// requests. The sender's clock need not be right: the same id always has the same key. For any other id the key is a hash, and has its own partition. Attempts
/// may share a key: readers compare the rows.
/// </remarks>
internal static class AttemptKey
{
    private const long Mask = (1L << 58) - 1;

    // A key with a time: this bit, 27 bits of the moment, 30 bits of the hash.
    private const long Timed = 1L << 57;
    private const int HashBits = 30;

    // A moment is 4 s: 20 MB of claims where 25,000 attempts are made a second. After 17 years a moment shares the partition of one long gone.
    private const int MomentShift = 12;

    public static long Of(UserId sender, string clientMsgId)
    {
        // A user id contains no blank, so no two pairs give the same text.
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{sender.Value} {clientMsgId}"), bytes);
        var hash = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (UuidTime.Of(clientMsgId) is not { } unixMs)
            return hash & (Timed - 1);
        var moment = (unixMs >> MomentShift << HashBits) & (Timed - 1);
        return Timed | moment | (hash & ((1L << HashBits) - 1));
    }

    public static long Of(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes[8..]) & Mask;
    }

    /// <summary>The moment in the clientMsgId, whose attempts share a partition; null if the attempt has its own.</summary>
    public static long? MomentOf(long key) => (key & Timed) != 0 ? (key & (Timed - 1)) >> HashBits : null;

    public static MessageId NewId(long key, Activity activity)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7().TryWriteBytes(bytes, bigEndian: true, out _);
        activity.WriteTo(bytes);
        var random = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], (random & ~Mask) | key);
        return new MessageId(new Guid(bytes, bigEndian: true));
    }
}
