using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>The content of a message.</summary>
/// <param name="Text">1 byte to 16 KiB of UTF-8; may be empty where there are media.</param>
/// <param name="ReplyTo">The message of the same conversation to which this one replies; null for none.</param>
public sealed record MessageContent(Utf8Text Text, MessageId? ReplyTo = null)
{
    // Null where there are none, as in nearly every message.
    private readonly IReadOnlyList<MessageMedia>? _media;
    private readonly byte[]? _unknown;

    /// <summary>A newer server's message may have a kind that has no name here.</summary>
    public MessageKind Kind { get; init; }

    /// <summary>Encoded fields of a newer server that this one does not know: kept, and written again.</summary>
    public ReadOnlyMemory<byte> Unknown
    {
        get => _unknown;
        init => _unknown = value.IsEmpty ? null : value.ToArray();
    }

    /// <summary>In the sender's order; at most <see cref="MessageMedia.MaxCount"/> unless a newer server allows more.</summary>
    public IReadOnlyList<MessageMedia> Media
    {
        get => _media ?? [];
        init => _media = value.Count == 0 ? null : value;
    }

    /// <summary>An erased content.</summary>
    public static MessageContent Erased { get; } = new(default(Utf8Text)) { Kind = MessageKind.Erased };

    /// <summary>Whether clients get it. If not, its seqNo is a hole to them: it was erased, or only a newer server can show it.</summary>
    public bool IsShown => Kind == MessageKind.Message;

    /// <summary>Whether it has nothing but a text and the reply reference.</summary>
    public bool IsPlain => Kind == MessageKind.Message && _unknown is null && _media is null;

    /// <summary>A plain message.</summary>
    public static MessageContent Of(string text, MessageId? replyTo = null) => new(Utf8Text.Of(text), replyTo);

    /// <summary>The most bytes of the text and the media as JSON.</summary>
    public int MaxJsonBytes()
    {
        var bytes = JsonText.MaxBytes(Text);
        for (var i = 0; i < Media.Count; i++)
            bytes += Media[i].MaxJsonBytes();
        return bytes;
    }

    /// <summary>Compares the content, including the bytes of unknown fields.</summary>
    public bool Equals(MessageContent? other) => other is not null
        && (Kind, Text, ReplyTo) == (other.Kind, other.Text, other.ReplyTo) && Unknown.Span.SequenceEqual(other.Unknown.Span)
        && Media.SequenceEqual(other.Media);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Text, ReplyTo);
}

/// <summary>The kind of an entry of the log. The numbers are stored.</summary>
public enum MessageKind : byte
{
    /// <summary>A message.</summary>
    Message = 0,

    /// <summary>Its content was erased; only its seqNo is left.</summary>
    Erased = 255,
}
