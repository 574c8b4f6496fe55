using System.Text;
using System.Text.Unicode;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using static Chat.Modules.Messaging.Log.WireFormat;

namespace Chat.Modules.Messaging.Log;

/// <summary>Encodes what a notice tells. <see cref="NoticeTag"/> names the tags; fields of a newer server are kept, and written again after the known ones.</summary>
internal static class NoticeCodec
{
    public static int SizeOf(ConversationNotice notice)
    {
        var size = SizeOfField(notice.What.Length) + notice.Unknown.Length;
        if (notice.User is { } user)
            size += SizeOfField(user.Value.Length);
        if (notice.Value is { } value)
            size += SizeOfField(Encoding.UTF8.GetByteCount(value));
        for (var i = 0; i < notice.Users.Count; i++)
            size += SizeOfField(notice.Users[i].Value.Length);
        return size;
    }

    /// <summary>Fills the span, which must have the length of <see cref="SizeOf"/>.</summary>
    public static void Write(ConversationNotice notice, Span<byte> bytes)
    {
        WriteText(ref bytes, NoticeTag.What, notice.What);
        if (notice.User is { } user)
            WriteText(ref bytes, NoticeTag.User, user.Value);
        if (notice.Value is { } value)
            WriteText(ref bytes, NoticeTag.Value, value);
        for (var i = 0; i < notice.Users.Count; i++)
            WriteText(ref bytes, NoticeTag.OneOfUsers, notice.Users[i].Value);
        notice.Unknown.Span.CopyTo(bytes);
    }

    /// <exception cref="MalformedContentException">The bytes are no notice, neither of this server nor of a newer one.</exception>
    public static ConversationNotice Decode(ReadOnlySpan<byte> bytes)
    {
        var (what, value, user, users) = ("", default(string?), default(UserId?), default(List<UserId>));
        var unknown = Array.Empty<byte>();
        for (var rest = bytes; !rest.IsEmpty;)
        {
            var field = rest;
            var tag = ReadNumber(ref rest);
            var content = ReadValue(ref rest, (int)(tag & 7));
            switch (tag)
            {
                case (ulong)NoticeTag.What << 3 | Sized:
                    what = ReadText(content);
                    break;
                case (ulong)NoticeTag.User << 3 | Sized:
                    user = ReadUser(content);
                    break;
                case (ulong)NoticeTag.Value << 3 | Sized:
                    value = ReadText(content);
                    break;
                case (ulong)NoticeTag.OneOfUsers << 3 | Sized:
                    (users ??= []).Add(ReadUser(content));
                    break;
                default:
                    unknown = [.. unknown, .. field[..^rest.Length]];
                    break;
            }
        }
        return new ConversationNotice(what) { User = user, Value = value, Users = users ?? (IReadOnlyList<UserId>)[], Unknown = unknown };
    }

    private static void WriteText(ref Span<byte> bytes, NoticeTag tag, string text) =>
        Encoding.UTF8.GetBytes(text, WriteSizedField(ref bytes, (int)tag, Encoding.UTF8.GetByteCount(text)));

    private static UserId ReadUser(ReadOnlySpan<byte> value) =>
        UserId.TryParse(ReadText(value), null, out var user) ? user : throw new MalformedContentException("has a user id that is none");

    private static string ReadText(ReadOnlySpan<byte> value) =>
        Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : throw new MalformedContentException("has a text that is not UTF-8");
}

/// <summary>The field numbers of a notice. A number is never reused.</summary>
internal enum NoticeTag
{
    /// <summary>What happened: ASCII.</summary>
    What = 1,

    /// <summary>A user id.</summary>
    User = 2,

    /// <summary>UTF-8.</summary>
    Value = 3,

    /// <summary>A user id; once for each of several users.</summary>
    OneOfUsers = 4,
}
