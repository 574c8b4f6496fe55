using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using MessagePack;
using MessagePack.Formatters;

namespace Chat.Host.Transports.SignalR;

/// <summary>
/// Converts MessagePack to JSON, so that one parser serves every transport. Maps with string keys, arrays, strings, numbers, booleans and nil
/// have a form in JSON; binary data, extensions, too deep nesting and broken UTF-8 have none, and the result is empty.
/// </summary>
internal sealed class HubRequestFormatter : IMessagePackFormatter<HubRequest>
{
    private const int MaxDepth = 16;

    private static readonly JsonWriterOptions Options = new() { SkipValidation = true };

    public HubRequest Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        var source = reader.CreatePeekReader();
        reader.Skip();
        var size = reader.Consumed - source.Consumed;

        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Options);
        if (!TryCopy(ref source, json, depth: 0))
            return new HubRequest(default, (int)size);
        json.Flush();
        return new HubRequest(buffer.WrittenMemory, (int)size);
    }

    public void Serialize(ref MessagePackWriter writer, HubRequest value, MessagePackSerializerOptions options) => throw new NotSupportedException();

    private static bool TryCopy(ref MessagePackReader source, Utf8JsonWriter json, int depth)
    {
        switch (source.NextMessagePackType)
        {
            case MessagePackType.Map:
                return depth < MaxDepth && TryCopyMap(ref source, json, depth);
            case MessagePackType.Array:
                return depth < MaxDepth && TryCopyArray(ref source, json, depth);
            case MessagePackType.String:
                if (!TryReadText(ref source, out var text))
                    return false;
                json.WriteStringValue(text);
                return true;
            case MessagePackType.Integer:
                if (source.NextCode is (>= MessagePackCode.Int8 and <= MessagePackCode.Int64) or >= MessagePackCode.MinNegativeFixInt)
                    json.WriteNumberValue(source.ReadInt64());
                else
                    json.WriteNumberValue(source.ReadUInt64());
                return true;
            case MessagePackType.Float:
                var number = source.ReadDouble();
                if (!double.IsFinite(number))
                    return false;
                json.WriteNumberValue(number);
                return true;
            case MessagePackType.Boolean:
                json.WriteBooleanValue(source.ReadBoolean());
                return true;
            case MessagePackType.Nil:
                source.ReadNil();
                json.WriteNullValue();
                return true;
            default:
                return false;
        }
    }

    private static bool TryCopyMap(ref MessagePackReader source, Utf8JsonWriter json, int depth)
    {
        json.WriteStartObject();
        for (var left = source.ReadMapHeader(); left > 0; left--)
        {
            if (source.NextMessagePackType != MessagePackType.String || !TryReadText(ref source, out var name))
                return false;
            json.WritePropertyName(name);
            if (!TryCopy(ref source, json, depth + 1))
                return false;
        }
        json.WriteEndObject();
        return true;
    }

    private static bool TryCopyArray(ref MessagePackReader source, Utf8JsonWriter json, int depth)
    {
        json.WriteStartArray();
        for (var left = source.ReadArrayHeader(); left > 0; left--)
            if (!TryCopy(ref source, json, depth + 1))
                return false;
        json.WriteEndArray();
        return true;
    }

    private static bool TryReadText(ref MessagePackReader source, out byte[] text)
    {
        text = source.ReadStringSequence() is { } parts ? parts.ToArray() : [];
        return Utf8.IsValid(text);
    }
}
