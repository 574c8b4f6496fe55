using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// A message's value in the embedded log; its conversation and seqNo stand in the key. Layout 1: layout (1 byte), message id (16, big
/// endian), Unix ms (8, big endian), the message replied to (1 + 16, the first byte 0 for none), then sender, device and clientMsgId (each 1
/// byte of length and ASCII), then the text (UTF-8) to the end.
/// </summary>
internal static class MessageCodec
{
    private const byte Layout = 1;
    private const int FixedLength = 1 + 16 + 8 + 1 + 16;

    /// <summary>All but the id, which the writer gives.</summary>
    public static byte[] Encode(MessageDraft draft, long unixMs)
    {
        var (user, device) = (draft.Sender.User.Value, draft.Sender.Device.Value);
        var bytes = new byte[FixedLength + 3 + user.Length + device.Length + draft.ClientMsgId.Length + Encoding.UTF8.GetByteCount(draft.Text)];
        bytes[0] = Layout;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(17), unixMs);
        if (draft.ReplyTo is { } replyTo)
        {
            bytes[25] = 1;
            replyTo.Value.TryWriteBytes(bytes.AsSpan(26), bigEndian: true, out _);
        }
        var rest = bytes.AsSpan(FixedLength);
        WriteAscii(ref rest, user);
        WriteAscii(ref rest, device);
        WriteAscii(ref rest, draft.ClientMsgId);
        Encoding.UTF8.GetBytes(draft.Text, rest);
        return bytes;
    }

    public static void WriteId(Span<byte> bytes, MessageId id) => id.Value.TryWriteBytes(bytes[1..], bigEndian: true, out _);

    public static LoggedMessage Decode(ConversationId conversation, SeqNo seqNo, ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != Layout)
            throw new InvalidDataException($"The log has a message of layout {bytes[0]}, which this server does not know.");
        var id = new MessageId(new Guid(bytes[1..17], bigEndian: true));
        var timestamp = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes[17..]));
        MessageId? replyTo = bytes[25] == 1 ? new MessageId(new Guid(bytes[26..42], bigEndian: true)) : null;
        var rest = bytes[FixedLength..];
        var sender = new DeviceAddress(UserId.Parse(ReadAscii(ref rest)), DeviceId.Parse(ReadAscii(ref rest)));
        var clientMsgId = ReadAscii(ref rest);
        return new LoggedMessage(id, conversation, seqNo, sender, clientMsgId, Encoding.UTF8.GetString(rest), replyTo, timestamp);
    }

    /// <summary>The sender's user id of an encoded message, as it stands there.</summary>
    public static ReadOnlySpan<byte> SenderOf(ReadOnlySpan<byte> bytes) => bytes.Slice(FixedLength + 1, bytes[FixedLength]);

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
