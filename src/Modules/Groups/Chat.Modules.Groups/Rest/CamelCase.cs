using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat.Modules.Groups.Rest;

/// <summary>
/// Reads and writes an enum as its name in camel case only. The framework's converter also accepts numbers in quotes, other cases and lists such as
/// <c>"all,fromJoin"</c>.
/// </summary>
internal sealed class CamelCase<T> : JsonConverter<T> where T : struct, Enum
{
    private static readonly Dictionary<string, T> Values =
        Enum.GetValues<T>().ToDictionary(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()));

    private static readonly Dictionary<T, string> Names = Values.ToDictionary(pair => pair.Value, pair => pair.Key);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Values.TryGetValue(reader.GetString()!, out var value)
            ? value
            : throw new JsonException($"One of {string.Join(", ", Values.Keys)}.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Names[value]);
}
