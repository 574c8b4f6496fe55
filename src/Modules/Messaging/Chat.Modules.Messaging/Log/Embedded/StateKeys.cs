using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Changes;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// The keys of what changes add up to, in the default family of the log's store. Each begins with a name and NUL, then the conversation, NUL, and the message's seqNo, as
/// in <see cref="LogKeys.Message(ConversationId, SeqNo)"/>.
/// <list type="bullet">
/// <item><c>state</c>: the message's state (<see cref="StateCodec"/>).</item>
/// <item><c>reaction</c>, then user, NUL, emoji (UTF-8): the user's newest entry for it (8 bytes), and 1 if it is set.</item>
/// <item><c>pin</c>: the message is pinned, by this entry (8 bytes).</item>
/// <item><c>reacted</c>, then the entry (8 bytes): the entry is a reaction on it (empty).</item>
/// <item><c>mention</c>, then the user, or <c>@all</c>, between NULs, before the seqNo: the message mentions it (empty). See <see cref="IMessageIndexes"/>.</item>
/// <item><c>thread</c>, then a message (8 bytes): it stands in the thread that the first began (empty).</item>
/// <item><c>threads</c>, with the seqNo of the newest message of a thread: the message that began it (8 bytes).</item>
/// <item><c>timer</c>, of message 0: the conversation's timer: the entry that set it (8 bytes), and the seconds (8 bytes).</item>
/// <item><c>expiry</c>, then Unix ms (8 bytes), before the conversation: the message expires then (empty). Nothing but the sweep reads it, and takes it away.</item>
/// <item><c>ended</c>, alone: the activity up to which all that is older than messages are kept was erased (8 bytes).</item>
/// <item><c>deleted</c>: it was deleted, and its reactions' entries are still to be erased (empty).</item>
/// </list>
/// </summary>
internal static class StateKeys
{
    private const int EntryLength = 8;

    public static readonly byte[] AllStates = "state\0"u8.ToArray();
    public static readonly byte[] AllReactions = "reaction\0"u8.ToArray();
    public static readonly byte[] AllPins = "pin\0"u8.ToArray();
    public static readonly byte[] AllDeleted = "deleted\0"u8.ToArray();

    public static readonly byte[] AllMentions = "mention\0"u8.ToArray();
    public static readonly byte[] AllThreads = "thread\0"u8.ToArray();

    public static readonly byte[] AllTimers = "timer\0"u8.ToArray();
    public static readonly byte[] AllExpiries = "expiry\0"u8.ToArray();

    public static byte[] Timer(ConversationId conversation) => Key(AllTimers, conversation, SeqNo.None);

    public static byte[] Timer(ConversationTimer timer) => [.. Number(timer.Entry), .. Number(new SeqNo(timer.Seconds))];

    public static ConversationTimer ReadTimer(ReadOnlySpan<byte> value) => new(ReadEntry(value[..EntryLength]), (int)ReadEntry(value).Value);

    public static byte[] Expiry(DateTimeOffset expiresAt, ConversationId conversation, SeqNo message) =>
        [.. AllExpiries, .. Number(new SeqNo(expiresAt.ToUnixTimeMilliseconds())), .. LogKeys.Message(conversation, message, stackalloc byte[LogKeys.MaxBytes])];

    /// <summary>What an <see cref="Expiry"/> key says; the time in Unix ms.</summary>
    public static (long ExpiresAt, ConversationId Conversation, SeqNo Message) ReadExpiry(ReadOnlySpan<byte> key)
    {
        var rest = key[AllExpiries.Length..];
        var (conversation, message) = LogKeys.ReadMessage(rest[EntryLength..]);
        return (ReadEntry(rest[..EntryLength]).Value, conversation, message);
    }

    public static byte[] Mention(ConversationId conversation, string name, SeqNo message) =>
        [.. AllMentions, .. Encoding.ASCII.GetBytes(conversation.Value), 0, .. Encoding.ASCII.GetBytes(name), 0, .. Number(message)];

    public static byte[] Thread(ConversationId conversation, SeqNo root, SeqNo message) => [.. Key(AllThreads, conversation, root), .. Number(message)];

    public static byte[] Threads(ConversationId conversation, SeqNo last) => Key("threads\0"u8, conversation, last);

    /// <summary>What a <see cref="Mention"/> key says.</summary>
    public static (ConversationId Conversation, string Name, SeqNo Message) ReadMention(ReadOnlySpan<byte> key)
    {
        var names = Encoding.ASCII.GetString(key[AllMentions.Length..^(EntryLength + 1)]).Split('\0');
        return (ConversationId.Parse(names[0]), names[1], ReadEntry(key));
    }

    /// <summary>What a <see cref="Thread"/> key says.</summary>
    public static (ConversationId Conversation, SeqNo Root, SeqNo Message) ReadThread(ReadOnlySpan<byte> key)
    {
        var (conversation, root) = LogKeys.ReadMessage(key[AllThreads.Length..^EntryLength]);
        return (conversation, root, ReadEntry(key));
    }

    public static byte[] State(ConversationId conversation, SeqNo message) => Key(AllStates, conversation, message);

    public static byte[] Pin(ConversationId conversation, SeqNo message) => Key(AllPins, conversation, message);

    public static byte[] Deleted(ConversationId conversation, SeqNo message) => Key(AllDeleted, conversation, message);

    /// <summary>What a <see cref="Deleted"/> key says.</summary>
    public static (ConversationId Conversation, SeqNo Message) ReadDeleted(ReadOnlySpan<byte> key) => LogKeys.ReadMessage(key[AllDeleted.Length..]);

    /// <summary>The prefix of all reactions on a message.</summary>
    public static byte[] Reactions(ConversationId conversation, SeqNo message) => Key(AllReactions, conversation, message);

    /// <summary>The prefix of a user's reactions on a message.</summary>
    public static byte[] ReactionsOf(ConversationId conversation, SeqNo message, UserId user) =>
        [.. Reactions(conversation, message), .. Encoding.ASCII.GetBytes(user.Value), 0];

    public static byte[] Reaction(ConversationId conversation, SeqNo message, UserId user, string emoji) =>
        [.. ReactionsOf(conversation, message, user), .. Encoding.UTF8.GetBytes(emoji)];

    /// <summary>The prefix of all reactions' entries on a message.</summary>
    public static byte[] Reacted(ConversationId conversation, SeqNo message) => Key("reacted\0"u8, conversation, message);

    public static byte[] Reacted(ConversationId conversation, SeqNo message, SeqNo entry) => [.. Reacted(conversation, message), .. Number(entry)];

    /// <summary>After all keys with a prefix that ends with a seqNo.</summary>
    public static byte[] EndOf(byte[] prefix) => [.. prefix, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

    public static byte[] Number(SeqNo entry)
    {
        var bytes = new byte[EntryLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, entry.Value);
        return bytes;
    }

    /// <summary>The seqNo at the end of a key, or in a value.</summary>
    public static SeqNo ReadEntry(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadInt64BigEndian(bytes[^EntryLength..]));

    public static byte[] Reaction(OwnReaction reaction) => [.. Number(reaction.Entry), reaction.On ? (byte)1 : (byte)0];

    public static OwnReaction ReadReaction(ReadOnlySpan<byte> value) => new(new SeqNo(BinaryPrimitives.ReadInt64BigEndian(value)), value[EntryLength] == 1);

    public static string ReadEmoji(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <param name="rest">A reaction's key behind the prefix of its message.</param>
    public static (UserId User, string Emoji) ReadUserAndEmoji(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)0);
        return (UserId.Parse(Encoding.ASCII.GetString(rest[..end])), ReadEmoji(rest[(end + 1)..]));
    }

    /// <summary>What a <see cref="Reaction(ConversationId, SeqNo, UserId, string)"/> key says.</summary>
    public static (ConversationId Conversation, SeqNo Message, UserId User, string Emoji) ReadReactionKey(ReadOnlySpan<byte> key)
    {
        var rest = key[AllReactions.Length..];
        var end = rest.IndexOf((byte)0) + 1 + EntryLength;
        var (conversation, message) = LogKeys.ReadMessage(rest[..end]);
        var (user, emoji) = ReadUserAndEmoji(rest[end..]);
        return (conversation, message, user, emoji);
    }

    private static byte[] Key(ReadOnlySpan<byte> name, ConversationId conversation, SeqNo message) =>
        [.. name, .. LogKeys.Message(conversation, message, stackalloc byte[LogKeys.MaxBytes])];
}
