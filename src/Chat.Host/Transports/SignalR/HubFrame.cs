using System.Text.Json;
using System.Text.Json.Serialization;
using Chat.Host.Transports.Frames;
using Chat.Host.Transports.ServerFrames;
using Chat.Modules.Delivery.Contracts;
using MessagePack;
using MessagePack.Formatters;

namespace Chat.Host.Transports.SignalR;

/// <summary>A frame without its type: the argument of a call to the client, or the answer to one of its calls.</summary>
[JsonConverter(typeof(HubFrameJsonConverter))]
internal sealed record HubFrame(ServerEvent Event);

/// <summary>Writes the fields into SignalR's own JSON, without a map between.</summary>
internal sealed class HubFrameJsonConverter : JsonConverter<HubFrame>
{
    public override HubFrame Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, HubFrame value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        var fields = new JsonFields(writer);
        ServerFrameRegistry.Of(value.Event).Write(value.Event, ref fields);
        writer.WriteEndObject();
    }
}

/// <summary>MessagePack writes a map's length before its fields: they are gathered first.</summary>
internal sealed class HubFrameFormatter : IMessagePackFormatter<HubFrame>
{
    public void Serialize(ref MessagePackWriter writer, HubFrame value, MessagePackSerializerOptions options) =>
        options.Resolver.GetFormatterWithVerify<Dictionary<string, object?>>().Serialize(ref writer, FrameMap.Encode(value.Event), options);

    public HubFrame Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) => throw new NotSupportedException();
}
