using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary>
/// Encodes a message's content, the same in every store: fields of a tag and a value, in Protocol Buffers' wire format, so that a reader can skip unknown
/// ones. Unknown fields are kept and written again, after the known ones and in their order: an older server does not change what a newer one wrote. <see cref="ContentTag"/> names the tags.
/// </summary>
internal static class ContentCodec
{
    /// <summary>The most bytes of a content.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int IdLength = 16;

    // The wire types: the last three bits of a tag.
    private const int Varint = 0, Eight = 1, Sized = 2, Four = 5;

    /// <summary>How many bytes <see cref="Write"/> takes.</summary>
    public static int SizeOf(MessageContent content)
    {
        var size = content.Unknown.Length;
        if (content.Kind != MessageKind.Message)
            size += 1 + SizeOf((ulong)content.Kind);
        if (content.Text.Length > 0)
            size += 1 + SizeOf((ulong)content.Text.Length) + content.Text.Length;
        if (content.ReplyTo is not null)
            size += 2 + IdLength;
        return size;
    }

    /// <summary>Fills the span, which must have the length of <see cref="SizeOf(MessageContent)"/>.</summary>
    public static void Write(MessageContent content, Span<byte> bytes)
    {
        if (content.Kind != MessageKind.Message)
        {
            WriteTag(ref bytes, ContentTag.Kind, Varint);
            WriteNumber(ref bytes, (ulong)content.Kind);
        }
        if (content.Text.Length > 0)
        {
            WriteTag(ref bytes, ContentTag.Text, Sized);
            WriteNumber(ref bytes, (ulong)content.Text.Length);
            content.Text.Span.CopyTo(bytes);
            bytes = bytes[content.Text.Length..];
        }
        if (content.ReplyTo is { } replyTo)
        {
            WriteTag(ref bytes, ContentTag.ReplyTo, Sized);
            WriteNumber(ref bytes, IdLength);
            replyTo.Value.TryWriteBytes(bytes, bigEndian: true, out _);
            bytes = bytes[IdLength..];
        }
        content.Unknown.Span.CopyTo(bytes);
    }

    public static byte[] Encode(MessageContent content)
    {
        var bytes = new byte[SizeOf(content)];
        Write(content, bytes);
        return bytes;
    }

    /// <exception cref="MalformedContentException">The bytes are not an encoded content, neither of this server nor of a newer one.</exception>
    public static MessageContent Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new MalformedContentException($"has {bytes.Length} bytes");
        var (kind, text, replyTo) = (MessageKind.Message, default(Utf8Text), default(MessageId?));
        var unknown = Array.Empty<byte>();
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
                    if (value.Length != IdLength)
                        throw new MalformedContentException($"has an id of {value.Length} bytes");
                    replyTo = new MessageId(new Guid(value, bigEndian: true));
                    break;
                default:
                    unknown = [.. unknown, .. field[..^rest.Length]];
                    continue;
            }
            // A repeated field could be read differently by different servers.
            var bit = 1 << (int)(tag >> 3);
            if ((seen & bit) != 0)
                throw new MalformedContentException($"has the field {(ContentTag)(tag >> 3)} twice");
            seen |= bit;
        }
        return new MessageContent(text, replyTo) { Kind = kind, Unknown = unknown };
    }

    private static ReadOnlySpan<byte> ReadValue(ref ReadOnlySpan<byte> rest, int type)
    {
        var start = rest;
        switch (type)
        {
            case Varint:
                ReadNumber(ref rest);
                return start[..^rest.Length];
            case Eight:
                return Take(ref rest, sizeof(ulong));
            case Sized:
                return Take(ref rest, ReadNumber(ref rest));
            case Four:
                return Take(ref rest, sizeof(uint));
            default:
                throw new MalformedContentException($"has a value of type {type}");
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, ulong length)
    {
        if (length > (ulong)rest.Length)
            throw new MalformedContentException("ends too early");
        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }

    private static ulong ReadNumber(ref ReadOnlySpan<byte> rest)
    {
        var number = 0UL;
        for (var (shift, i) = (0, 0); i < rest.Length; shift += 7, i++)
        {
            var next = rest[i];
            // The tenth byte has room for one bit.
            if (shift == 63 && next > 1)
                break;
            number |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                rest = rest[(i + 1)..];
                return number;
            }
        }
        throw new MalformedContentException("has a number without an end");
    }

    private static void WriteTag(ref Span<byte> bytes, ContentTag tag, int type) => WriteNumber(ref bytes, (ulong)tag << 3 | (uint)type);

    private static void WriteNumber(ref Span<byte> bytes, ulong number)
    {
        for (; number >= 0x80; number >>= 7)
        {
            bytes[0] = (byte)(number | 0x80);
            bytes = bytes[1..];
        }
        bytes[0] = (byte)number;
        bytes = bytes[1..];
    }

    private static int SizeOf(ulong number)
    {
        var size = 1;
        for (; number >= 0x80; number >>= 7)
            size++;
        return size;
    }
}
