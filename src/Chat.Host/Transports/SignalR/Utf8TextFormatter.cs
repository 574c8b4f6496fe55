using Chat.BuildingBlocks.Text;
using MessagePack;
using MessagePack.Formatters;

namespace Chat.Host.Transports.SignalR;

/// <summary>Writes a text as the MessagePack string that its bytes are.</summary>
internal sealed class Utf8TextFormatter : IMessagePackFormatter<Utf8Text>
{
    public void Serialize(ref MessagePackWriter writer, Utf8Text value, MessagePackSerializerOptions options) => writer.WriteString(value.Span);

    public Utf8Text Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) => throw new NotSupportedException();
}
