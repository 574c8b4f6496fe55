using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>What a message says: from the transport that takes it to the transport that shows it.</summary>
/// <param name="Text">1 byte to 16 KiB of UTF-8.</param>
/// <param name="ReplyTo">The message of the same conversation that this one answers; null for none.</param>
public sealed record MessageContent(Utf8Text Text, MessageId? ReplyTo = null)
{
    /// <summary>Of a newer server's message it may be one that has no name here.</summary>
    public MessageKind Kind { get; init; }

    /// <summary>What a newer server wrote and this one does not know, as it was encoded: kept, and written again with the rest.</summary>
    public ReadOnlyMemory<byte> Unknown { get; init; }

    /// <summary>What is left where the content was erased.</summary>
    public static MessageContent Erased { get; } = new(default(Utf8Text)) { Kind = MessageKind.Erased };

    /// <summary>Whether clients are shown it. Else its place is a hole to them: it was erased, or only a newer server can show it.</summary>
    public bool IsShown => Kind == MessageKind.Message;

    /// <summary>Whether it has nothing but a text and what that answers.</summary>
    public bool IsPlain => Kind == MessageKind.Message && Unknown.IsEmpty;

    /// <summary>A plain message.</summary>
    public static MessageContent Of(string text, MessageId? replyTo = null) => new(Utf8Text.Of(text), replyTo);

    /// <summary>By what it says: also of the unknown the bytes count.</summary>
    public bool Equals(MessageContent? other) => other is not null
        && (Kind, Text, ReplyTo) == (other.Kind, other.Text, other.ReplyTo) && Unknown.Span.SequenceEqual(other.Unknown.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Text, ReplyTo);
}

/// <summary>What an entry of the log is. The numbers are stored.</summary>
public enum MessageKind : byte
{
    /// <summary>A message.</summary>
    Message = 0,

    /// <summary>Its content was erased; only its place is left.</summary>
    Erased = 255,
}
