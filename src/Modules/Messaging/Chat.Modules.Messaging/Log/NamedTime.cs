using System.Buffers.Binary;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Log;

/// <summary>When a clientMsgId says that it was made: those that are UUIDs of version 7 (RFC 9562 §5.7) do. It is the sender's word.</summary>
internal static class NamedTime
{
    /// <summary>Unix time in milliseconds; null for any other name.</summary>
    public static long? Of(string clientMsgId)
    {
        if (!MessageId.TryParse(clientMsgId, null, out var id) || id.Value.Version != 7)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
    }
}
