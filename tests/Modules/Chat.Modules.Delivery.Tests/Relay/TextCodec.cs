using System.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Relay;

/// <summary>Contents that are plain text.</summary>
internal sealed class TextCodec : IContentCodec
{
    public int SizeOf(MessageContent content) => content.Text.Length;

    public void Write(MessageContent content, Span<byte> bytes) => content.Text.Span.CopyTo(bytes);

    public MessageContent Read(ReadOnlySpan<byte> bytes) => MessageContent.Of(Encoding.UTF8.GetString(bytes));
}
