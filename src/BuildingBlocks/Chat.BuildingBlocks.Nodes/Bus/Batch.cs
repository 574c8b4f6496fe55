using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>What else a batch says.</summary>
[Flags]
internal enum BatchFlags : byte
{
    None = 0,

    /// <summary>The sender waits for an acknowledgement.</summary>
    AcknowledgementWanted = 1,

    /// <summary>The sender ends.</summary>
    Leaving = 2,
}

/// <summary>
/// What goes from one node to another at once: messages numbered without a hole, or none, and how far each of the two has got with the other's.
/// Numbers belong to a stream, which a sender begins at 1 for each receiver that it comes to know.
/// </summary>
/// <remarks>
/// Bytes, numbers little endian: version (1), flags (1), sender (8), stream (8), last number (8), messages (4), acknowledged stream (8), acknowledged number (8);
/// then for each message: topic's length (1), topic, payload's length (4), payload. A receiver passes over a version that it does not know.
/// </remarks>
internal readonly struct Batch
{
    public const int HeadBytes = 46;
    public const int BytesPerMessage = 5;
    public const int MaxTopicBytes = 64;
    private const byte Version = 1;

    public BatchFlags Flags { get; init; }

    public NodeId From { get; init; }

    public ulong Stream { get; init; }

    /// <summary>Of the last message in it; without messages, of the last one that was sent before, or lost.</summary>
    public long Last { get; init; }

    public int Count { get; init; }

    public ulong AcknowledgedStream { get; init; }

    /// <summary>The last number of that stream that this sender has processed.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Of a batch that was read: its messages, as they came.</summary>
    public ReadOnlyMemory<byte> Messages { get; private init; }

    public void WriteHead(IBufferWriter<byte> to)
    {
        var head = to.GetSpan(HeadBytes);
        head[0] = Version;
        head[1] = (byte)Flags;
        BinaryPrimitives.WriteUInt64LittleEndian(head[2..], From.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(head[10..], Stream);
        BinaryPrimitives.WriteInt64LittleEndian(head[18..], Last);
        BinaryPrimitives.WriteInt32LittleEndian(head[26..], Count);
        BinaryPrimitives.WriteUInt64LittleEndian(head[30..], AcknowledgedStream);
        BinaryPrimitives.WriteInt64LittleEndian(head[38..], Acknowledged);
        to.Advance(HeadBytes);
    }

    public static void WriteMessage(IBufferWriter<byte> to, string topic, ReadOnlySpan<byte> payload)
    {
        var message = to.GetSpan(BytesPerMessage + topic.Length + payload.Length);
        message[0] = (byte)Encoding.ASCII.GetBytes(topic, message[1..]);
        BinaryPrimitives.WriteInt32LittleEndian(message[(1 + topic.Length)..], payload.Length);
        payload.CopyTo(message[(BytesPerMessage + topic.Length)..]);
        to.Advance(BytesPerMessage + topic.Length + payload.Length);
    }

    /// <summary>False for bytes that are no batch, or one of a later version.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out Batch batch)
    {
        batch = default;
        var head = bytes.Span;
        if (head.Length < HeadBytes || head[0] != Version)
            return false;
        batch = new Batch
        {
            Flags = (BatchFlags)head[1],
            From = new NodeId(BinaryPrimitives.ReadUInt64LittleEndian(head[2..])),
            Stream = BinaryPrimitives.ReadUInt64LittleEndian(head[10..]),
            Last = BinaryPrimitives.ReadInt64LittleEndian(head[18..]),
            Count = BinaryPrimitives.ReadInt32LittleEndian(head[26..]),
            AcknowledgedStream = BinaryPrimitives.ReadUInt64LittleEndian(head[30..]),
            Acknowledged = BinaryPrimitives.ReadInt64LittleEndian(head[38..]),
            Messages = bytes[HeadBytes..],
        };
        return batch.Count >= 0 && batch.Last >= batch.Count;
    }

    /// <summary>Takes the next message off.</summary>
    /// <returns>False where what is left is no message.</returns>
    public static bool TryReadMessage(ref ReadOnlyMemory<byte> messages, out ReadOnlyMemory<byte> topic, out ReadOnlyMemory<byte> payload)
    {
        (topic, payload) = (default, default);
        var bytes = messages.Span;
        if (bytes.Length < BytesPerMessage || bytes.Length < BytesPerMessage + bytes[0])
            return false;
        var topicBytes = bytes[0];
        var payloadBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[(1 + topicBytes)..]);
        if (payloadBytes < 0 || payloadBytes > bytes.Length - BytesPerMessage - topicBytes)
            return false;
        topic = messages.Slice(1, topicBytes);
        payload = messages.Slice(BytesPerMessage + topicBytes, payloadBytes);
        messages = messages[(BytesPerMessage + topicBytes + payloadBytes)..];
        return true;
    }
}
