using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;
using static Chat.Modules.Messaging.Log.WireFormat;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// Encodes a message's content, the same in every store: fields in <see cref="WireFormat"/>, so that a reader can skip unknown
/// ones. Unknown fields are kept and written again, after the known ones and in their order: an older server does not change what a newer one wrote. <see cref="ContentTag"/> names the tags.
/// </summary>
internal static class ContentCodec
{
    /// <summary>The most bytes of a content.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>How many bytes <see cref="Write"/> takes.</summary>
    public static int SizeOf(MessageContent content)
    {
        var size = content.Unknown.Length;
        if (content.Kind != MessageKind.Message)
            size += SizeOfNumberField((ulong)content.Kind);
        if (content.Text.Length > 0)
            size += SizeOfField(content.Text.Length);
        if (content.ReplyTo is not null)
            size += SizeOfField(IdLength);
        for (var i = 0; i < content.Media.Count; i++)
            size += SizeOfField(MediaCodec.SizeOf(content.Media[i]));
        if (content.Seen is { } seen)
            size += SizeOfNumberField((ulong)seen.Value);
        if (content.Change is { } change)
            size += ChangeCodec.SizeOf(change);
        if (content.Notice is { } notice)
            size += SizeOfField(NoticeCodec.SizeOf(notice));
        if (content.PreviousMessage is { } previous)
            size += SizeOfNumberField((int)ContentTag.PreviousMessage, (ulong)previous.Value);
        if (content.Mentions is { } mentions)
            size += MentionCodec.SizeOf(mentions);
        if (content.Thread is { } thread)
            size += SizeOfField(IdLength) + SizeOfNumberField((int)ContentTag.ThreadSeqNo, (ulong)thread.SeqNo.Value);
        if (content.Forwarded)
            size += SizeOfNumberField(1);
        if (content.ExpiresAt is { } expiresAt)
            size += SizeOfNumberField((ulong)expiresAt.ToUnixTimeMilliseconds());
        if (content.TimerSeconds is { } seconds)
            size += SizeOfNumberField((int)ContentTag.Timer, (ulong)seconds);
        return size;
    }

    /// <summary>Fills the span, which must have the length of <see cref="SizeOf(MessageContent)"/>.</summary>
    public static void Write(MessageContent content, Span<byte> bytes)
    {
        if (content.Kind != MessageKind.Message)
            WriteNumberField(ref bytes, (int)ContentTag.Kind, (ulong)content.Kind);
        // The first field of a message: see ExpiryOf.
        if (content.ExpiresAt is { } expiresAt)
            WriteNumberField(ref bytes, (int)ContentTag.ExpiresAt, (ulong)expiresAt.ToUnixTimeMilliseconds());
        if (content.Text.Length > 0)
            content.Text.Span.CopyTo(WriteSizedField(ref bytes, (int)ContentTag.Text, content.Text.Length));
        if (content.ReplyTo is { } replyTo)
            WriteIdField(ref bytes, (int)ContentTag.ReplyTo, replyTo.Value);
        for (var i = 0; i < content.Media.Count; i++)
            MediaCodec.Write(content.Media[i], WriteSizedField(ref bytes, (int)ContentTag.Media, MediaCodec.SizeOf(content.Media[i])));
        if (content.Seen is { } seen)
            WriteNumberField(ref bytes, (int)ContentTag.Seen, (ulong)seen.Value);
        if (content.Change is { } change)
            ChangeCodec.Write(change, ref bytes);
        if (content.Notice is { } notice)
            NoticeCodec.Write(notice, WriteSizedField(ref bytes, (int)ContentTag.Notice, NoticeCodec.SizeOf(notice)));
        if (content.PreviousMessage is { } previous)
            WriteNumberField(ref bytes, (int)ContentTag.PreviousMessage, (ulong)previous.Value);
        if (content.Mentions is { } mentions)
            MentionCodec.Write(mentions, (int)ContentTag.Mention, ref bytes);
        if (content.Thread is { } thread)
        {
            WriteIdField(ref bytes, (int)ContentTag.ThreadId, thread.Id.Value);
            WriteNumberField(ref bytes, (int)ContentTag.ThreadSeqNo, (ulong)thread.SeqNo.Value);
        }
        if (content.Forwarded)
            WriteNumberField(ref bytes, (int)ContentTag.Forwarded, 1);
        if (content.TimerSeconds is { } seconds)
            WriteNumberField(ref bytes, (int)ContentTag.Timer, (ulong)seconds);
        content.Unknown.Span.CopyTo(bytes);
    }

    public static byte[] Encode(MessageContent content)
    {
        var bytes = new byte[SizeOf(content)];
        Write(content, bytes);
        return bytes;
    }

    /// <summary>Only the kind and <see cref="MessageContent.PreviousMessage"/>: of a message, without reading it.</summary>
    public static (MessageKind Kind, SeqNo? PreviousMessage) KindOf(ReadOnlySpan<byte> bytes)
    {
        // The first field of all that is no message.
        const int kindTag = (int)ContentTag.Kind << 3 | Varint;
        if (bytes.IsEmpty || bytes[0] != kindTag)
            return default;
        var rest = bytes[1..];
        var previous = default(SeqNo?);
        var kind = ReadNumber(ref rest);
        while (previous is null && !rest.IsEmpty)
        {
            var tag = ReadNumber(ref rest);
            var value = ReadValue(ref rest, (int)(tag & 7));
            if (tag == ((ulong)ContentTag.PreviousMessage << 3 | Varint))
                previous = ReadSeqNo(value);
        }
        return ((MessageKind)(byte)kind, previous);
    }

    /// <summary>When a message expires, in Unix ms; null for never, and for anything else. Reads nothing of it but its first field.</summary>
    public static long? ExpiryOf(ReadOnlySpan<byte> bytes)
    {
        const int expiryTag = (int)ContentTag.ExpiresAt << 3 | Varint;
        if (bytes.IsEmpty || bytes[0] != expiryTag)
            return null;
        var rest = bytes[1..];
        return (long)ReadNumber(ref rest);
    }

    /// <exception cref="MalformedContentException">The bytes are not an encoded content, neither of this server nor of a newer one.</exception>
    public static MessageContent Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new MalformedContentException($"has {bytes.Length} bytes");
        var (kind, text, replyTo) = (MessageKind.Message, default(Utf8Text), default(MessageId?));
        var unknown = Array.Empty<byte>();
        var media = default(List<MessageMedia>);
        var (seenSeqNo, previousMessage) = (default(SeqNo?), default(SeqNo?));
        var change = default(ChangeFields);
        var notice = default(ConversationNotice);
        var mentions = default(List<string>);
        var (expiresAt, seconds) = (default(DateTimeOffset?), default(int?));
        var (thread, threadSeqNo, forwarded) = (default(MessageId?), default(SeqNo?), false);
        var seen = 0;
        for (var rest = bytes; !rest.IsEmpty;)
        {
            var field = rest;
            var tag = ReadNumber(ref rest);
            var value = ReadValue(ref rest, (int)(tag & 7));
            switch (tag)
            {
                case (ulong)ContentTag.Kind << 3 | Varint:
                    var number = ReadNumber(ref value);
                    kind = number <= byte.MaxValue ? (MessageKind)number : throw new MalformedContentException($"is of kind {number}");
                    break;
                case (ulong)ContentTag.Text << 3 | Sized:
                    text = new Utf8Text(value.ToArray());
                    if (!text.IsValid)
                        throw new MalformedContentException("has a text that is not UTF-8");
                    break;
                case (ulong)ContentTag.ReplyTo << 3 | Sized:
                    replyTo = new MessageId(ReadId(value));
                    break;
                case (ulong)ContentTag.Media << 3 | Sized:
                    (media ??= []).Add(MediaCodec.Decode(value));
                    continue;
                case (ulong)ContentTag.Mention << 3 | Sized:
                    mentions = MentionCodec.Read(mentions, value);
                    continue;
                case (ulong)ContentTag.ThreadId << 3 | Sized:
                    thread = new MessageId(ReadId(value));
                    break;
                case (ulong)ContentTag.ThreadSeqNo << 3 | Varint:
                    threadSeqNo = ReadSeqNo(value);
                    break;
                case (ulong)ContentTag.Forwarded << 3 | Varint:
                    forwarded = ReadFlag(value);
                    break;
                case (ulong)ContentTag.ExpiresAt << 3 | Varint:
                    expiresAt = ReadTime(value);
                    break;
                case (ulong)ContentTag.Timer << 3 | Varint:
                    seconds = ReadCount(value);
                    break;
                case (ulong)ContentTag.Seen << 3 | Varint:
                    seenSeqNo = ReadSeqNo(value);
                    break;
                case (ulong)ContentTag.PreviousMessage << 3 | Varint:
                    previousMessage = ReadSeqNo(value);
                    break;
                case (ulong)ContentTag.Notice << 3 | Sized:
                    notice = NoticeCodec.Decode(value);
                    break;
                default:
                    if (change.TryRead(tag, value))
                        break;
                    unknown = [.. unknown, .. field[..^rest.Length]];
                    continue;
            }
            // A repeated field could be read differently by different servers.
            var bit = 1 << (int)(tag >> 3);
            if ((seen & bit) != 0)
                throw new MalformedContentException($"has the field {(ContentTag)(tag >> 3)} twice");
            seen |= bit;
        }
        var content = new MessageContent(text, replyTo) { Kind = kind, Seen = seenSeqNo };
        if ((thread is null) != (threadSeqNo is null))
            throw new MalformedContentException("names half of a thread");
        return unknown.Length == 0 && media is null && previousMessage is null && notice is null && change.IsEmpty && mentions is null && thread is null && !forwarded && expiresAt is null
            && seconds is null
            ? content
            : content with
            {
                Unknown = unknown,
                Media = media ?? (IReadOnlyList<MessageMedia>)[],
                Change = change.ToChange(),
                Notice = notice,
                PreviousMessage = previousMessage,
                Mentions = MentionCodec.ToMentions(mentions),
                Thread = thread is { } root ? new MessageTarget(root, threadSeqNo!.Value) : null,
                Forwarded = forwarded,
                ExpiresAt = expiresAt,
                TimerSeconds = seconds,
            };
    }
}
