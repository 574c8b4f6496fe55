using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log;

/// <summary><see cref="ContentCodec"/> for other modules.</summary>
internal sealed class LogContentCodec : IContentCodec
{
    public int SizeOf(MessageContent content) => ContentCodec.SizeOf(content);

    public void Write(MessageContent content, Span<byte> bytes) => ContentCodec.Write(content, bytes);

    public MessageContent Read(ReadOnlySpan<byte> bytes) => ContentCodec.Decode(bytes);
}
