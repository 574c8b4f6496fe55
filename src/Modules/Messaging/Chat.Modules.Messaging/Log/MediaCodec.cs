using System.Text;
using System.Text.Unicode;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using static Chat.Modules.Messaging.Log.WireFormat;

namespace Chat.Modules.Messaging.Log;

/// <summary>Encodes a file of a message's content. What is absent takes no bytes. <see cref="MediaTag"/> names the tags.</summary>
internal static class MediaCodec
{
    /// <summary>How many bytes <see cref="Write"/> takes.</summary>
    public static int SizeOf(MessageMedia media) =>
        SizeOfField(IdLength) + SizeOfField(Encoding.UTF8.GetByteCount(media.ContentType)) + SizeOfNumber(media.Size)
        + SizeOfText(media.Name) + SizeOfNumber(media.Width ?? 0) + SizeOfNumber(media.Height ?? 0) + SizeOfNumber(media.DurationMs ?? 0)
        + SizeOfText(media.Blurhash) + SizeOfNumber(media.Thumbnail ? 1 : 0) + SizeOfNumber(media.Voice ? 1 : 0)
        + (media.Waveform.IsEmpty ? 0 : SizeOfField(media.Waveform.Length)) + media.Unknown.Length;

    /// <summary>Fills the span, which must have the length of <see cref="SizeOf"/>.</summary>
    public static void Write(MessageMedia media, Span<byte> bytes)
    {
        WriteIdField(ref bytes, (int)MediaTag.Id, media.Id.Value);
        WriteText(ref bytes, MediaTag.ContentType, media.ContentType);
        WriteNumber(ref bytes, MediaTag.Size, media.Size);
        WriteText(ref bytes, MediaTag.Name, media.Name);
        WriteNumber(ref bytes, MediaTag.Width, media.Width ?? 0);
        WriteNumber(ref bytes, MediaTag.Height, media.Height ?? 0);
        WriteNumber(ref bytes, MediaTag.DurationMs, media.DurationMs ?? 0);
        WriteText(ref bytes, MediaTag.Blurhash, media.Blurhash);
        WriteNumber(ref bytes, MediaTag.Thumbnail, media.Thumbnail ? 1 : 0);
        WriteNumber(ref bytes, MediaTag.Voice, media.Voice ? 1 : 0);
        if (!media.Waveform.IsEmpty)
            media.Waveform.Span.CopyTo(WriteSizedField(ref bytes, (int)MediaTag.Waveform, media.Waveform.Length));
        media.Unknown.Span.CopyTo(bytes);
    }

    /// <exception cref="MalformedContentException">The bytes are not an encoded file, neither of this server nor of a newer one.</exception>
    public static MessageMedia Decode(ReadOnlySpan<byte> bytes)
    {
        var media = new MessageMedia(default, "", 0);
        var unknown = Array.Empty<byte>();
        var seen = 0;
        for (var rest = bytes; !rest.IsEmpty;)
        {
            var field = rest;
            var tag = ReadNumber(ref rest);
            var value = ReadValue(ref rest, (int)(tag & 7));
            if (Read(media, tag, value) is not { } read)
            {
                unknown = [.. unknown, .. field[..^rest.Length]];
                continue;
            }
            var bit = 1 << (int)(tag >> 3);
            if ((seen & bit) != 0)
                throw new MalformedContentException($"has the field {(MediaTag)(tag >> 3)} of a file twice");
            (media, seen) = (read, seen | bit);
        }
        if ((seen & 1 << (int)MediaTag.Id) == 0)
            throw new MalformedContentException("has a file without an id");
        return media with { Unknown = unknown };
    }

    // Null for a field that this server does not know.
    private static MessageMedia? Read(MessageMedia media, ulong tag, ReadOnlySpan<byte> value) => tag switch
    {
        (ulong)MediaTag.Id << 3 | Sized => media with { Id = new MediaId(ReadId(value)) },
        (ulong)MediaTag.ContentType << 3 | Sized => media with { ContentType = Text(value) },
        (ulong)MediaTag.Size << 3 | Varint => media with { Size = Number(value, long.MaxValue) },
        (ulong)MediaTag.Name << 3 | Sized => media with { Name = Text(value) },
        (ulong)MediaTag.Width << 3 | Varint => media with { Width = (int?)Positive(value, int.MaxValue) },
        (ulong)MediaTag.Height << 3 | Varint => media with { Height = (int?)Positive(value, int.MaxValue) },
        (ulong)MediaTag.DurationMs << 3 | Varint => media with { DurationMs = Positive(value, long.MaxValue) },
        (ulong)MediaTag.Blurhash << 3 | Sized => media with { Blurhash = Text(value) },
        (ulong)MediaTag.Thumbnail << 3 | Varint => media with { Thumbnail = Number(value, 1) == 1 },
        (ulong)MediaTag.Voice << 3 | Varint => media with { Voice = Number(value, 1) == 1 },
        (ulong)MediaTag.Waveform << 3 | Sized => media with { Waveform = value.ToArray() },
        _ => null,
    };

    private static string Text(ReadOnlySpan<byte> value) =>
        Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : throw new MalformedContentException("has a text of a file that is not UTF-8");

    private static long Number(ReadOnlySpan<byte> value, long max)
    {
        var number = ReadNumber(ref value);
        return number <= (ulong)max ? (long)number : throw new MalformedContentException($"has the number {number} in a file");
    }

    private static long? Positive(ReadOnlySpan<byte> value, long max) => Number(value, max) is > 0 and var number ? number : null;

    private static int SizeOfText(string? text) => text is null ? 0 : SizeOfField(Encoding.UTF8.GetByteCount(text));

    private static int SizeOfNumber(long number) => number == 0 ? 0 : SizeOfNumberField((ulong)number);

    private static void WriteText(ref Span<byte> bytes, MediaTag tag, string? text)
    {
        if (text is not null)
            Encoding.UTF8.GetBytes(text, WriteSizedField(ref bytes, (int)tag, Encoding.UTF8.GetByteCount(text)));
    }

    private static void WriteNumber(ref Span<byte> bytes, MediaTag tag, long number)
    {
        if (number != 0)
            WriteNumberField(ref bytes, (int)tag, (ulong)number);
    }
}
