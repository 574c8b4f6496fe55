namespace Chat.Modules.Messaging.Contracts;

/// <summary>What a message says as bytes, as the log stores it. What a newer server has written goes through an older one unchanged.</summary>
public interface IContentCodec
{
    /// <summary>How many bytes <see cref="Write"/> takes; 256 KiB at most.</summary>
    int SizeOf(MessageContent content);

    /// <summary>Fills the span, which is as long as <see cref="SizeOf"/> says.</summary>
    void Write(MessageContent content, Span<byte> bytes);

    /// <summary>What <see cref="Write"/> wrote, on this server or a newer one. Keeps nothing of the span.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    MessageContent Read(ReadOnlySpan<byte> bytes);
}
