using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>
/// The keys of the embedded inbox, in the default family of the log's store, which every version opens. All begin with <c>inbox</c> and NUL;
/// numbers are big endian. Then
/// <list type="bullet">
/// <item><c>p</c>: the activity up to which messages were stored (8 bytes).</item>
/// <item><c>u</c>, user: the user's part is complete (empty).</item>
/// <item><c>c</c>, conversation: its activity in its users' lists, and its head (8 bytes each).</item>
/// <item><c>o</c>, user, NUL, the complement of the activity, conversation: the order of the list, newest first. The value is the head (8 bytes).</item>
/// </list>
/// </summary>
internal static class InboxKeys
{
    private const int ActivityLength = 8;

    public static readonly byte[] First = "inbox\0"u8.ToArray();

    /// <summary>After all keys.</summary>
    public static readonly byte[] End = [.. "inbox"u8, 1];

    public static readonly byte[] Position = [.. First, (byte)'p'];

    public static byte[] Complete(UserId user) => Ascii('u', user.Value);

    public static byte[] ActivityOf(ConversationId conversation) => Ascii('c', conversation.Value);

    /// <summary>The prefix of all of a user's conversations.</summary>
    public static byte[] OrderOf(UserId user) => Ascii('o', user.Value + '\0');

    public static byte[] Order(UserId user, ListPosition position) => Order(OrderOf(user), position.Activity, position.Conversation.Value);

    /// <summary>Before the conversations of this activity, and after those of higher ones.</summary>
    public static byte[] Order(UserId user, Activity activity) => Order(OrderOf(user), activity, "");

    /// <param name="key">One of <see cref="Order(UserId, ListPosition)"/>.</param>
    /// <param name="prefixLength">Of the user's <see cref="OrderOf"/>.</param>
    public static ListPosition ReadListPosition(ReadOnlySpan<byte> key, int prefixLength) => new(
        new Activity(~BinaryPrimitives.ReadInt64BigEndian(key[prefixLength..])),
        ConversationId.Parse(Encoding.ASCII.GetString(key[(prefixLength + ActivityLength)..])));

    public static byte[] Number(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Numbers(long first, long second)
    {
        var bytes = new byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, first);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(sizeof(long)), second);
        return bytes;
    }

    public static long ReadNumber(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64BigEndian(value);

    private static byte[] Order(byte[] prefix, Activity activity, string conversation)
    {
        var key = new byte[prefix.Length + ActivityLength + conversation.Length];
        prefix.CopyTo(key, 0);
        // Activities are not negative, so their complements are, and sort in the opposite order.
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(prefix.Length), ~activity.Value);
        Encoding.ASCII.GetBytes(conversation, key.AsSpan(prefix.Length + ActivityLength));
        return key;
    }

    private static byte[] Ascii(char kind, string text)
    {
        var key = new byte[First.Length + 1 + text.Length];
        First.CopyTo(key, 0);
        key[First.Length] = (byte)kind;
        Encoding.ASCII.GetBytes(text, key.AsSpan(First.Length + 1));
        return key;
    }
}
