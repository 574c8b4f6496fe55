using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>The keys of the embedded log. Ids are ASCII without NUL, so a NUL ends them; seqNos are big endian, so keys sort by seqNo.</summary>
internal static class LogKeys
{
    private const int SeqNoLength = 8;

    private static ReadOnlySpan<byte> ErasedPrefix => "erased\0"u8;

    /// <summary>The room that a key or a place needs at most.</summary>
    public const int MaxBytes = 256;

    /// <summary>In <c>messages</c>: conversation, NUL, seqNo.</summary>
    public static byte[] Message(ConversationId conversation, SeqNo seqNo) => Message(conversation, seqNo, stackalloc byte[MaxBytes]).ToArray();

    /// <inheritdoc cref="Message(ConversationId, SeqNo)"/>
    public static ReadOnlySpan<byte> Message(ConversationId conversation, SeqNo seqNo, Span<byte> room)
    {
        var length = Pair(conversation.Value, "", room).Length;
        BinaryPrimitives.WriteInt64BigEndian(room[length..], seqNo.Value);
        return room[..(length + SeqNoLength)];
    }

    /// <summary>The seqNo of a <c>messages</c> key that belongs to the same conversation as <paramref name="bound"/>, a key itself; else null.</summary>
    public static SeqNo? SeqNoOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> bound) =>
        key.Length == bound.Length && key[..^SeqNoLength].SequenceEqual(bound[..^SeqNoLength])
            ? new SeqNo(BinaryPrimitives.ReadInt64BigEndian(key[^SeqNoLength..]))
            : null;

    /// <summary>What a <c>messages</c> key says.</summary>
    public static (ConversationId Conversation, SeqNo SeqNo) ReadMessage(ReadOnlySpan<byte> key) => (
        ConversationId.Parse(Encoding.ASCII.GetString(key[..^(SeqNoLength + 1)])), new SeqNo(BinaryPrimitives.ReadInt64BigEndian(key[^SeqNoLength..])));

    /// <summary>In the default family: the <c>messages</c> key of an erased content that may still be in files.</summary>
    public static byte[] Erased(ReadOnlySpan<byte> messageKey) => [.. ErasedPrefix, .. messageKey];

    /// <summary>The <c>messages</c> key in such a key; null for any other key.</summary>
    public static byte[]? KeyOfErased(ReadOnlySpan<byte> key) => key.StartsWith(ErasedPrefix) ? key[ErasedPrefix.Length..].ToArray() : null;

    /// <summary>In <c>attempts</c>: sender, NUL, clientMsgId.</summary>
    public static byte[] Attempt(UserId sender, string clientMsgId) => Pair(sender.Value, clientMsgId);

    /// <inheritdoc cref="Attempt(UserId, string)"/>
    public static ReadOnlySpan<byte> Attempt(UserId sender, string clientMsgId, Span<byte> room) => Pair(sender.Value, clientMsgId, room);

    /// <summary>After all keys of a sender in <c>attempts</c>, which sort by the characters of the clientMsgId.</summary>
    public static byte[] AfterAttempts(UserId sender) => Pair(sender.Value, "\u007f");

    /// <summary>The clientMsgId of an <c>attempts</c> key of this sender; null for another sender's.</summary>
    public static string? ClientMsgIdOf(ReadOnlySpan<byte> key, UserId sender)
    {
        var length = sender.Value.Length + 1;
        return key.Length > length && key[..length].SequenceEqual(Pair(sender.Value, "")) ? Encoding.ASCII.GetString(key[length..]) : null;
    }

    /// <summary>In <c>ids</c>: the message id.</summary>
    public static byte[] Id(MessageId id) => id.Value.ToByteArray(bigEndian: true);

    /// <summary>The value in <c>directs</c>: a byte for the user whose message is the first, empty for the other one.</summary>
    public static ReadOnlySpan<byte> Begun(bool byUser) => byUser ? [1] : [];

    /// <summary>In <c>directs</c>: user, NUL, conversation.</summary>
    public static byte[] Direct(UserId user, ConversationId conversation) => Pair(user.Value, conversation.Value);

    /// <summary>The prefix of all keys of a user in <c>directs</c>.</summary>
    public static byte[] DirectsOf(UserId user) => Pair(user.Value, "");

    /// <summary>The value in <c>attempts</c> and <c>ids</c>: seqNo, conversation.</summary>
    public static ReadOnlySpan<byte> Location(ConversationId conversation, SeqNo seqNo, Span<byte> room)
    {
        BinaryPrimitives.WriteInt64BigEndian(room, seqNo.Value);
        return room[..(SeqNoLength + Encoding.ASCII.GetBytes(conversation.Value, room[SeqNoLength..]))];
    }

    public static MessageLocation ReadLocation(ReadOnlySpan<byte> value) => new(
        ConversationId.Parse(Encoding.ASCII.GetString(value[SeqNoLength..])), new SeqNo(BinaryPrimitives.ReadInt64BigEndian(value)));

    private static byte[] Pair(string first, string second) => Pair(first, second, stackalloc byte[MaxBytes]).ToArray();

    private static ReadOnlySpan<byte> Pair(string first, string second, Span<byte> room)
    {
        var length = Encoding.ASCII.GetBytes(first, room);
        room[length++] = 0;
        return room[..(length + Encoding.ASCII.GetBytes(second, room[length..]))];
    }
}
