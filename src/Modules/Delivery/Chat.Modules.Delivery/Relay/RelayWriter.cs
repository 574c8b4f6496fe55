using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Writes a message between nodes: its kind, then its fields. A number is 8 bytes, little endian; a name its length in a byte, and UTF-8.</summary>
internal readonly struct RelayWriter
{
    private const int Usual = 128;

    private readonly ArrayBufferWriter<byte> _bytes;

    public RelayWriter(RelayKind kind, int capacity = Usual)
    {
        _bytes = new ArrayBufferWriter<byte>(capacity);
        Write((byte)kind);
    }

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    public static ReadOnlyMemory<byte> Push(MessageAppended appended, IContentCodec contents)
    {
        var message = appended.Message;
        var size = contents.SizeOf(message.Content);
        var writer = new RelayWriter(RelayKind.Push, size + 512);
        writer.Write(message.Conversation);
        writer.Write(appended.Previous.Value);
        writer.Write(message.SeqNo.Value);
        writer.Write(message.Id);
        writer.Write(message.Sender);
        writer.Write(message.ClientMsgId);
        writer.Write(message.Timestamp.ToUnixTimeMilliseconds());
        contents.Write(message.Content, writer._bytes.GetSpan(size)[..size]);
        writer._bytes.Advance(size);
        return writer.Written;
    }

    public void Write(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }

    public void Write(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(sizeof(long)), value);
        _bytes.Advance(sizeof(long));
    }

    /// <param name="name">255 bytes at most, as all ids are.</param>
    public void Write(string name)
    {
        var span = _bytes.GetSpan(1 + Encoding.UTF8.GetMaxByteCount(name.Length));
        var length = Encoding.UTF8.GetBytes(name, span[1..]);
        span[0] = checked((byte)length);
        _bytes.Advance(1 + length);
    }

    public void Write(ConversationId conversation) => Write(conversation.Value);

    public void Write(UserId user) => Write(user.Value);

    public void Write(DeviceAddress device)
    {
        Write(device.User);
        Write(device.Device.Value);
    }

    public void Write(MessageId message)
    {
        message.Value.TryWriteBytes(_bytes.GetSpan(16), bigEndian: true, out var written);
        _bytes.Advance(written);
    }

    public void Write(IReadOnlyCollection<UserId> users)
    {
        Write((long)users.Count);
        foreach (var user in users)
            Write(user);
    }

    /// <returns>False for an event that other nodes are not told, of which nothing is written.</returns>
    public bool TryWrite(ServerEvent item)
    {
        switch (item)
        {
            case ReceiptEvent receipt:
                Write((byte)RelayedEvent.Receipt);
                Write(receipt.Conversation);
                Write(receipt.Message);
                Write(receipt.SeqNo.Value);
                Write(receipt.User);
                Write((byte)receipt.Status);
                return true;
            case TypingEvent typing:
                Write((byte)RelayedEvent.Typing);
                Write(typing.Conversation);
                Write(typing.User);
                Write(typing.Active ? (byte)1 : (byte)0);
                return true;
            case ConversationEvent changed:
                Write((byte)RelayedEvent.Conversation);
                Write(changed.Conversation);
                Write((byte)changed.Change);
                Write(changed.User?.Value ?? "");
                return true;
            case AdvancedEvent hint:
                Write((byte)RelayedEvent.Advanced);
                Write(hint.Conversation);
                Write(hint.MaxSeqNo.Value);
                return true;
            default:
                return false;
        }
    }
}
