using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;

namespace Chat.BuildingBlocks.Nodes;

/// <summary>Writes a message between nodes: its kind, then its fields. A number is 8 bytes, little endian; a name its length in a byte, and UTF-8.</summary>
public readonly struct BusWriter
{
    private const int Usual = 128;

    private readonly ArrayBufferWriter<byte> _bytes;

    public BusWriter(byte kind, int capacity = Usual)
    {
        _bytes = new ArrayBufferWriter<byte>(capacity);
        Write(kind);
    }

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

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

    /// <summary>Bytes for the caller to fill, the last ones of the message.</summary>
    public Span<byte> WriteRest(int size)
    {
        var rest = _bytes.GetSpan(size)[..size];
        _bytes.Advance(size);
        return rest;
    }
}
