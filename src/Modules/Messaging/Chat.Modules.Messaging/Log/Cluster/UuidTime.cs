using System.Buffers.Binary;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>The time in a clientMsgId that is a UUID of version 7 (RFC 9562 §5.7). The sender chose it: it may be wrong.</summary>
internal static class UuidTime
{
    /// <summary>Unix time in milliseconds; null for any other clientMsgId.</summary>
    public static long? Of(string clientMsgId)
    {
        if (!MessageId.TryParse(clientMsgId, null, out var id) || id.Value.Version != 7)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
    }
}
