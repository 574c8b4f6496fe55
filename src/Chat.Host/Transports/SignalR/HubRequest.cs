using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat.Host.Transports.SignalR;

/// <summary>The argument of a hub method, as the JSON object that the frame on <c>/ws</c> would be, in either protocol of the hub.</summary>
/// <param name="Json">UTF-8, not yet checked; empty where the argument has no form in JSON.</param>
/// <param name="Size">What it took on the wire, in bytes.</param>
[JsonConverter(typeof(HubRequestJsonConverter))]
internal readonly record struct HubRequest(ReadOnlyMemory<byte> Json, int Size);

internal sealed class HubRequestJsonConverter : JsonConverter<HubRequest>
{
    public override bool HandleNull => true;

    public override HubRequest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var json = JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray();
        return new HubRequest(json, json.Length);
    }

    public override void Write(Utf8JsonWriter writer, HubRequest value, JsonSerializerOptions options) => throw new NotSupportedException();
}
