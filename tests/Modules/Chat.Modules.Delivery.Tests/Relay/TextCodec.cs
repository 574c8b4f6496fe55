using System.Buffers.Binary;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Tests.Relay;

/// <summary>Contents that are plain text; an edit has a NUL and its target before it.</summary>
internal sealed class TextCodec : IContentCodec
{
    private const int TargetBytes = 1 + 16 + 8;

    public int SizeOf(MessageContent content) => content.Text.Length + (content.IsChange ? TargetBytes : 0);

    public void Write(MessageContent content, Span<byte> bytes)
    {
        if (content.Change is { } change)
        {
            bytes[0] = 0;
            change.Target.Id.Value.TryWriteBytes(bytes[1..]);
            BinaryPrimitives.WriteInt64BigEndian(bytes[17..], change.Target.SeqNo.Value);
            bytes = bytes[TargetBytes..];
        }
        content.Text.Span.CopyTo(bytes);
    }

    public MessageContent Read(ReadOnlySpan<byte> bytes) => bytes is not [0, ..]
        ? MessageContent.Of(Encoding.UTF8.GetString(bytes))
        : new MessageContent(new Utf8Text(bytes[TargetBytes..].ToArray()))
        {
            Kind = MessageKind.Edit,
            Change = new MessageChange(new MessageTarget(new MessageId(new Guid(bytes[1..17])), new SeqNo(BinaryPrimitives.ReadInt64BigEndian(bytes[17..])))),
        };
}
