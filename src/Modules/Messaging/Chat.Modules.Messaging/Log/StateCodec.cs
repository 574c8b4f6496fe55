using System.Text;
using System.Text.Unicode;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using static Chat.Modules.Messaging.Log.WireFormat;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// Encodes a message's present state, the same in every store. As in <see cref="ContentCodec"/> fields of a newer server are kept, also those within a reaction and a thread, and written again after the known ones.
/// </summary>
internal static class StateCodec
{
    public static byte[] Encode(MessageState state)
    {
        var bytes = new byte[SizeOf(state)];
        Write(state, bytes);
        return bytes;
    }

    /// <exception cref="MalformedContentException">The bytes are not an encoded state, neither of this server nor of a newer one.</exception>
    public static MessageState Decode(ReadOnlySpan<byte> bytes)
    {
        var fields = new Fields();
        var unknown = Array.Empty<byte>();
        for (var rest = bytes; !rest.IsEmpty;)
        {
            var field = rest;
            var tag = ReadNumber(ref rest);
            var value = ReadValue(ref rest, (int)(tag & 7));
            if (!fields.TryRead(tag, value))
                unknown = [.. unknown, .. field[..^rest.Length]];
        }
        return fields.ToState() with { Unknown = unknown };
    }

    private static int SizeOf(MessageState state)
    {
        var size = state.Unknown.Length + SizeOfNumberField((ulong)state.ChangedSeqNo.Value);
        if (state.Edit is { } edit)
            size += SizeOfField(edit.Text.Length) + SizeOfTime(edit.At) + (edit.Concurrent ? SizeOfNumberField(1) : 0)
                + (edit.Mentions is { } mentions ? MentionCodec.SizeOf(mentions) : 0);
        foreach (var seqNo in state.Edits)
            size += SizeOfNumberField((ulong)seqNo.Value);
        if (state.Deletion is { } deletion)
            size += SizeOfField(deletion.By.Value.Length) + SizeOfTime(deletion.At) + SizeOfNumberField((ulong)deletion.Entry.Value);
        foreach (var reaction in state.Reactions)
            size += SizeOfField(SizeOf(reaction));
        if (state.Pin is { } pin)
            size += SizeOfNumberField((ulong)pin.Entry.Value) + SizeOfField(pin.By.Value.Length) + (pin.On ? SizeOfNumberField(1) : 0);
        if (state.Thread is { } thread)
            size += SizeOfField(SizeOf(thread));
        return size;
    }

    private static void Write(MessageState state, Span<byte> bytes)
    {
        WriteNumberField(ref bytes, (int)StateTag.Changed, (ulong)state.ChangedSeqNo.Value);
        if (state.Edit is { } edit)
        {
            edit.Text.Span.CopyTo(WriteSizedField(ref bytes, (int)StateTag.EditText, edit.Text.Length));
            WriteTime(ref bytes, StateTag.EditAt, edit.At);
            if (edit.Concurrent)
                WriteNumberField(ref bytes, (int)StateTag.EditConcurrent, 1);
            if (edit.Mentions is { } mentions)
                MentionCodec.Write(mentions, (int)StateTag.EditMention, ref bytes);
        }
        foreach (var seqNo in state.Edits)
            WriteNumberField(ref bytes, (int)StateTag.EditEntry, (ulong)seqNo.Value);
        if (state.Deletion is { } deletion)
        {
            WriteAscii(ref bytes, (int)StateTag.DeletedBy, deletion.By.Value);
            WriteTime(ref bytes, StateTag.DeletedAt, deletion.At);
            WriteNumberField(ref bytes, (int)StateTag.DeletionEntry, (ulong)deletion.Entry.Value);
        }
        foreach (var reaction in state.Reactions)
            Write(reaction, WriteSizedField(ref bytes, (int)StateTag.Reaction, SizeOf(reaction)));
        if (state.Pin is { } pin)
        {
            WriteNumberField(ref bytes, (int)StateTag.PinEntry, (ulong)pin.Entry.Value);
            WriteAscii(ref bytes, (int)StateTag.PinnedBy, pin.By.Value);
            if (pin.On)
                WriteNumberField(ref bytes, (int)StateTag.Pinned, 1);
        }
        if (state.Thread is { } thread)
            Write(thread, WriteSizedField(ref bytes, (int)StateTag.Thread, SizeOf(thread)));
        state.Unknown.Span.CopyTo(bytes);
    }

    private static int SizeOf(MessageThread thread)
    {
        var size = thread.Unknown.Length + SizeOfNumberField((ulong)thread.Count) + SizeOfNumberField((ulong)thread.LastSeqNo.Value);
        foreach (var user in thread.Users)
            size += SizeOfField(user.Value.Length);
        return size;
    }

    private static void Write(MessageThread thread, Span<byte> bytes)
    {
        WriteNumberField(ref bytes, (int)ThreadTag.Count, (ulong)thread.Count);
        WriteNumberField(ref bytes, (int)ThreadTag.Last, (ulong)thread.LastSeqNo.Value);
        foreach (var user in thread.Users)
            WriteAscii(ref bytes, (int)ThreadTag.User, user.Value);
        thread.Unknown.Span.CopyTo(bytes);
    }

    private static MessageThread DecodeThread(ReadOnlySpan<byte> bytes)
    {
        var (count, last, users) = (0, SeqNo.None, new List<UserId>());
        var unknown = Array.Empty<byte>();
        for (var rest = bytes; !rest.IsEmpty;)
        {
            var field = rest;
            var tag = ReadNumber(ref rest);
            var value = ReadValue(ref rest, (int)(tag & 7));
            switch (tag)
            {
                case (ulong)ThreadTag.Count << 3 | Varint:
                    count = ReadCount(value);
                    break;
                case (ulong)ThreadTag.Last << 3 | Varint:
                    last = ReadSeqNo(value);
                    break;
                case (ulong)ThreadTag.User << 3 | Sized:
                    users.Add(ReadUser(value));
                    break;
                default:
                    unknown = [.. unknown, .. field[..^rest.Length]];
                    break;
            }
        }
        return new MessageThread(count, last, users) { Unknown = unknown };
    }

    private static int SizeOf(MessageReaction reaction)
    {
        var size = reaction.Unknown.Length + SizeOfField(Encoding.UTF8.GetByteCount(reaction.Emoji)) + SizeOfNumberField((ulong)reaction.Count);
        foreach (var user in reaction.Users)
            size += SizeOfField(user.Value.Length);
        return size;
    }

    private static void Write(MessageReaction reaction, Span<byte> bytes)
    {
        Encoding.UTF8.GetBytes(reaction.Emoji, WriteSizedField(ref bytes, (int)ReactionTag.Emoji, Encoding.UTF8.GetByteCount(reaction.Emoji)));
        WriteNumberField(ref bytes, (int)ReactionTag.Count, (ulong)reaction.Count);
        foreach (var user in reaction.Users)
            WriteAscii(ref bytes, (int)ReactionTag.User, user.Value);
        reaction.Unknown.Span.CopyTo(bytes);
    }

    private static MessageReaction DecodeReaction(ReadOnlySpan<byte> bytes)
    {
        var (emoji, count, users) = ("", 0, new List<UserId>());
        var unknown = Array.Empty<byte>();
        for (var rest = bytes; !rest.IsEmpty;)
        {
            var field = rest;
            var tag = ReadNumber(ref rest);
            var value = ReadValue(ref rest, (int)(tag & 7));
            switch (tag)
            {
                case (ulong)ReactionTag.Emoji << 3 | Sized:
                    emoji = ReadText(value);
                    break;
                case (ulong)ReactionTag.Count << 3 | Varint:
                    count = ReadCount(value);
                    break;
                case (ulong)ReactionTag.User << 3 | Sized:
                    users.Add(ReadUser(value));
                    break;
                default:
                    unknown = [.. unknown, .. field[..^rest.Length]];
                    break;
            }
        }
        return new MessageReaction(emoji, count, users) { Unknown = unknown };
    }

    private static int SizeOfTime(DateTimeOffset time) => SizeOfNumberField((ulong)time.ToUnixTimeMilliseconds());

    private static void WriteTime(ref Span<byte> bytes, StateTag tag, DateTimeOffset time) =>
        WriteNumberField(ref bytes, (int)tag, (ulong)time.ToUnixTimeMilliseconds());

    private static void WriteAscii(ref Span<byte> bytes, int tag, string text) =>
        Encoding.ASCII.GetBytes(text, WriteSizedField(ref bytes, tag, text.Length));

    private static UserId ReadUser(ReadOnlySpan<byte> value) =>
        UserId.TryParse(ReadText(value), null, out var user) ? user : throw new MalformedContentException("has a user id that is none");

    private static string ReadText(ReadOnlySpan<byte> value) =>
        Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : throw new MalformedContentException("has a text that is not UTF-8");

    private sealed class Fields
    {
        private readonly List<SeqNo> _edits = [];
        private readonly List<MessageReaction> _reactions = [];
        private SeqNo _changed;
        private (Utf8Text? Text, DateTimeOffset At, bool Concurrent) _edit;
        private (UserId? By, DateTimeOffset At, SeqNo Entry) _deletion;
        private (SeqNo Entry, UserId? By, bool On) _pin;
        private List<string>? _mentions;
        private MessageThread? _thread;

        public bool TryRead(ulong tag, ReadOnlySpan<byte> value)
        {
            switch (tag)
            {
                case (ulong)StateTag.Changed << 3 | Varint:
                    _changed = ReadSeqNo(value);
                    return true;
                case (ulong)StateTag.EditText << 3 | Sized:
                    _edit.Text = new Utf8Text(value.ToArray());
                    return _edit.Text.Value.IsValid ? true : throw new MalformedContentException("has a text that is not UTF-8");
                case (ulong)StateTag.EditAt << 3 | Varint:
                    _edit.At = ReadTime(value);
                    return true;
                case (ulong)StateTag.EditConcurrent << 3 | Varint:
                    _edit.Concurrent = ReadNumber(ref value) != 0;
                    return true;
                case (ulong)StateTag.EditEntry << 3 | Varint:
                    _edits.Add(ReadSeqNo(value));
                    return true;
                case (ulong)StateTag.DeletedBy << 3 | Sized:
                    _deletion.By = ReadUser(value);
                    return true;
                case (ulong)StateTag.DeletedAt << 3 | Varint:
                    _deletion.At = ReadTime(value);
                    return true;
                case (ulong)StateTag.DeletionEntry << 3 | Varint:
                    _deletion.Entry = ReadSeqNo(value);
                    return true;
                case (ulong)StateTag.Reaction << 3 | Sized:
                    _reactions.Add(DecodeReaction(value));
                    return true;
                case (ulong)StateTag.PinEntry << 3 | Varint:
                    _pin.Entry = ReadSeqNo(value);
                    return true;
                case (ulong)StateTag.PinnedBy << 3 | Sized:
                    _pin.By = ReadUser(value);
                    return true;
                case (ulong)StateTag.Pinned << 3 | Varint:
                    _pin.On = ReadNumber(ref value) != 0;
                    return true;
                case (ulong)StateTag.EditMention << 3 | Sized:
                    _mentions = MentionCodec.Read(_mentions, value);
                    return true;
                case (ulong)StateTag.Thread << 3 | Sized:
                    _thread = DecodeThread(value);
                    return true;
                default:
                    return false;
            }
        }

        public MessageState ToState() => new()
        {
            ChangedSeqNo = _changed,
            Edit = _edit.Text is { } text ? new MessageEdit(text, _edit.At, _edit.Concurrent, MentionCodec.ToMentions(_mentions)) : null,
            Edits = _edits,
            Deletion = _deletion.By is { } by ? new MessageDeletion(by, _deletion.At, _deletion.Entry) : null,
            Reactions = _reactions,
            Pin = _pin.By is { } pinnedBy ? new MessagePin(_pin.Entry, pinnedBy, _pin.On) : null,
            Thread = _thread,
        };
    }
}

/// <summary>The field numbers of a message's state. A number is never reused; fields that this server does not know are kept.</summary>
internal enum StateTag
{
    /// <summary>The newest change in it: a seqNo, varint.</summary>
    Changed = 1,

    /// <summary>The present text: UTF-8.</summary>
    EditText = 2,

    /// <summary>Unix ms, varint.</summary>
    EditAt = 3,

    /// <summary>Varint, absent for 0.</summary>
    EditConcurrent = 4,

    /// <summary>A seqNo, varint; once for each edit, ascending.</summary>
    EditEntry = 5,

    /// <summary>A user id.</summary>
    DeletedBy = 6,

    /// <summary>Unix ms, varint.</summary>
    DeletedAt = 7,

    /// <summary>A seqNo, varint.</summary>
    DeletionEntry = 8,

    /// <summary>An embedded message with the fields of <see cref="ReactionTag"/>; once for each emoji.</summary>
    Reaction = 9,

    /// <summary>A seqNo, varint.</summary>
    PinEntry = 10,

    /// <summary>A user id.</summary>
    PinnedBy = 11,

    /// <summary>Varint, absent for 0.</summary>
    Pinned = 12,

    /// <summary>A user id, or <c>@all</c>; once for each user whom the present text mentions. Empty for nobody; absent where no edit has said it.</summary>
    EditMention = 13,

    /// <summary>An embedded message with the fields of <see cref="ThreadTag"/>.</summary>
    Thread = 14,
}

/// <summary>The field numbers of a thread in a state.</summary>
internal enum ThreadTag
{
    /// <summary>Varint.</summary>
    Count = 1,

    /// <summary>A seqNo, varint.</summary>
    Last = 2,

    /// <summary>A user id; once for each user that is named.</summary>
    User = 3,
}

/// <summary>The field numbers of a reaction in a state.</summary>
internal enum ReactionTag
{
    /// <summary>UTF-8.</summary>
    Emoji = 1,

    /// <summary>Varint.</summary>
    Count = 2,

    /// <summary>A user id; once for each user that is named.</summary>
    User = 3,
}
