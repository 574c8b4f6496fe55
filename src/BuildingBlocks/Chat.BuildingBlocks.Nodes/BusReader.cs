using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;

namespace Chat.BuildingBlocks.Nodes;

/// <summary>Reads what <see cref="BusWriter"/> wrote, here or on another version: what follows the fields that are known is passed over.</summary>
/// <remarks>Each read throws a <see cref="FormatException"/> where the bytes are something else.</remarks>
public ref struct BusReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte Byte() => Take(1)[0];

    public long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public string Name() => Encoding.UTF8.GetString(Take(Byte()));

    public SeqNo SeqNo() => new(Number());

    public ConversationId Conversation() => ConversationId.Parse(Name());

    public UserId User() => UserId.Parse(Name());

    public DeviceAddress Device() => new(User(), DeviceId.Parse(Name()));

    public MessageId Message() => new(new Guid(Take(16), bigEndian: true));

    public DateTimeOffset Time() => DateTimeOffset.FromUnixTimeMilliseconds(Number());

    public List<UserId> Users()
    {
        var count = Count();
        var users = new List<UserId>(count);
        for (var i = 0; i < count; i++)
            users.Add(User());
        return users;
    }

    /// <summary>How many of something follow: no more than there are bytes for.</summary>
    public int Count()
    {
        var count = Number();
        return count >= 0 && count <= _rest.Length ? (int)count : throw new FormatException("It ends too early.");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
            throw new FormatException("It ends too early.");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
