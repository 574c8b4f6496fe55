using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// 58 bits of SHA-256 of (sender, clientMsgId), which are the last bits of the message's id too: so an attempt and an id are looked up in
/// the same place, and one row is written for both. The id stays a UUID of version 7 (RFC 9562 §5.7): 48 bits of time, 16 random ones.
/// </summary>
/// <remarks>Attempts may share a key: whoever reads below one compares what the rows say.</remarks>
internal static class AttemptKey
{
    private const long Mask = (1L << 58) - 1;

    public static long Of(UserId sender, string clientMsgId)
    {
        // A user id has no blank in it, so no two pairs make the same text.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{sender.Value} {clientMsgId}"), hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash) & Mask;
    }

    public static long Of(MessageId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes[8..]) & Mask;
    }

    public static MessageId NewId(long key, DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        var random = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], (random & ~Mask) | key);
        return new MessageId(new Guid(bytes, bigEndian: true));
    }
}
