using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// Encodes a message's value in the embedded log; conversation and seqNo are in the key. Layout 2: layout (1 byte), message id (16, big
/// endian), Unix ms (8, big endian), sender, device and clientMsgId (each 1 byte of length and ASCII), then the content to the end
/// (<see cref="ContentCodec"/>). Layout 1, of earlier servers, can be read: after the time it has the message replied to (1 + 16, the first byte 0 for
/// none), and only the text at the end.
/// </summary>
internal static class MessageCodec
{
    private const byte Layout = 2;
    private const byte FirstLayout = 1;
    private const int HeaderLength = 1 + 16 + 8;
    private const int ReplyLength = 1 + 16;

    /// <summary>How many bytes <see cref="Write"/> takes.</summary>
    public static int SizeOf(MessageDraft draft) =>
        HeaderLength + 3 + draft.Sender.User.Value.Length + draft.Sender.Device.Value.Length + draft.ClientMsgId.Length + ContentCodec.SizeOf(draft.Content);

    /// <summary>Fills the span, which must have the length of <see cref="SizeOf"/>.</summary>
    public static void Write(MessageDraft draft, MessageId id, Span<byte> bytes)
    {
        bytes[0] = Layout;
        id.Value.TryWriteBytes(bytes[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes[17..], draft.Now.ToUnixTimeMilliseconds());
        var rest = bytes[HeaderLength..];
        WriteAscii(ref rest, draft.Sender.User.Value);
        WriteAscii(ref rest, draft.Sender.Device.Value);
        WriteAscii(ref rest, draft.ClientMsgId);
        ContentCodec.Write(draft.Content, rest);
    }

    public static byte[] Encode(LoggedMessage message)
    {
        var draft = new MessageDraft(message.Conversation, message.Sender, message.ClientMsgId, message.Content, message.Timestamp);
        var bytes = new byte[SizeOf(draft)];
        Write(draft, message.Id, bytes);
        return bytes;
    }

    /// <summary>The id of an encoded message, big endian.</summary>
    public static ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> bytes) => bytes.Slice(1, 16);

    /// <exception cref="InvalidDataException">The layout is unknown to this server.</exception>
    /// <exception cref="MalformedContentException">The content is malformed.</exception>
    public static LoggedMessage Decode(ConversationId conversation, SeqNo seqNo, ReadOnlySpan<byte> bytes)
    {
        var rest = bytes[NamesAt(bytes)..];
        var id = new MessageId(new Guid(bytes[1..17], bigEndian: true));
        var timestamp = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes[17..]));
        var sender = new DeviceAddress(UserId.Parse(ReadAscii(ref rest)), DeviceId.Parse(ReadAscii(ref rest)));
        var clientMsgId = ReadAscii(ref rest);
        var content = bytes[0] == FirstLayout ? new MessageContent(new Utf8Text(rest.ToArray()), ReadReply(bytes)) : ContentCodec.Decode(rest);
        return new LoggedMessage(id, conversation, seqNo, sender, clientMsgId, content, timestamp);
    }

    /// <summary>The sender's user id of an encoded message.</summary>
    public static ReadOnlySpan<byte> SenderOf(ReadOnlySpan<byte> bytes) => bytes.Slice(NamesAt(bytes) + 1, bytes[NamesAt(bytes)]);

    /// <summary>The kind of an encoded message, and the newest message below it if it is a change.</summary>
    public static (MessageKind Kind, SeqNo? PreviousMessage) KindOf(ReadOnlySpan<byte> bytes) =>
        bytes[0] == Layout ? ContentCodec.KindOf(ContentOf(bytes)) : default;

    /// <summary>When an encoded message expires, in Unix ms; null for never, and for anything else.</summary>
    public static long? ExpiryOf(ReadOnlySpan<byte> bytes) => bytes[0] == Layout ? ContentCodec.ExpiryOf(ContentOf(bytes)) : null;

    private static ReadOnlySpan<byte> ContentOf(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes[NamesAt(bytes)..];
        for (var names = 0; names < 3; names++)
            rest = rest[(1 + rest[0])..];
        return rest;
    }

    private static int NamesAt(ReadOnlySpan<byte> bytes) => bytes[0] switch
    {
        Layout => HeaderLength,
        FirstLayout => HeaderLength + ReplyLength,
        var layout => throw new InvalidDataException($"The log has a message of layout {layout}, which this server does not know."),
    };

    private static MessageId? ReadReply(ReadOnlySpan<byte> bytes) =>
        bytes[HeaderLength] == 1 ? new MessageId(new Guid(bytes.Slice(HeaderLength + 1, 16), bigEndian: true)) : null;

    private static void WriteAscii(ref Span<byte> rest, string text)
    {
        rest[0] = (byte)text.Length;
        Encoding.ASCII.GetBytes(text, rest[1..]);
        rest = rest[(1 + text.Length)..];
    }

    private static string ReadAscii(ref ReadOnlySpan<byte> rest)
    {
        var text = Encoding.ASCII.GetString(rest.Slice(1, rest[0]));
        rest = rest[(1 + text.Length)..];
        return text;
    }
}
