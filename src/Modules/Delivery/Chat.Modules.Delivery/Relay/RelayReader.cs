using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Reads what <see cref="RelayWriter"/> wrote, here or on another version: what follows the fields that are known is passed over.</summary>
/// <remarks>Each read throws a <see cref="FormatException"/> where the bytes are something else.</remarks>
internal ref struct RelayReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public byte Byte() => Take(1)[0];

    public long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public string Name() => Encoding.UTF8.GetString(Take(Byte()));

    public SeqNo SeqNo() => new(Number());

    public ConversationId Conversation() => ConversationId.Parse(Name());

    public UserId User() => UserId.Parse(Name());

    public DeviceAddress Device() => new(User(), DeviceId.Parse(Name()));

    public MessageId Message() => new(new Guid(Take(16), bigEndian: true));

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

    /// <summary>The rest of a message, whose conversation has been read.</summary>
    public MessageAppended Appended(ConversationId conversation, IContentCodec contents)
    {
        var previous = SeqNo();
        var seqNo = SeqNo();
        var id = Message();
        var sender = Device();
        var clientMsgId = Name();
        var timestamp = DateTimeOffset.FromUnixTimeMilliseconds(Number());
        return new MessageAppended(new LoggedMessage(id, conversation, seqNo, sender, clientMsgId, contents.Read(_rest), timestamp), previous);
    }

    /// <returns>Null for an event that this version does not know.</returns>
    public ServerEvent? Event()
    {
        switch ((RelayedEvent)Byte())
        {
            case RelayedEvent.Receipt:
                var (where, message, seqNo, reader) = (Conversation(), Message(), SeqNo(), User());
                return (AckStatus)Byte() is var status && Enum.IsDefined(status) ? new ReceiptEvent(where, message, seqNo, reader, status) : null;
            case RelayedEvent.Typing:
                return new TypingEvent(Conversation(), User(), Byte() == 1);
            case RelayedEvent.Conversation:
                var (conversation, change, user) = (Conversation(), (ConversationChange)Byte(), Name());
                return Enum.IsDefined(change) ? new ConversationEvent(conversation, change, user.Length > 0 ? UserId.Parse(user) : null) : null;
            case RelayedEvent.Advanced:
                return new AdvancedEvent(Conversation(), SeqNo());
            default:
                return null;
        }
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
