using System.Buffers.Binary;

namespace Chat.Modules.Messaging.Log;

/// <summary>When a clientMsgId says that it was made: those that are UUIDs of version 7 (RFC 9562 §5.7) do. It is the sender's word.</summary>
internal static class NamedTime
{
    /// <summary>Unix time in milliseconds; null for any other name.</summary>
    public static long? Of(string clientMsgId)
    {
        if (!Guid.TryParseExact(clientMsgId, "D", out var id) || id.Version != 7)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
    }
}
