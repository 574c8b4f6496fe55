using System.Text.Json;

namespace Chat.EndToEnd.Tests.Clients;

/// <summary>One thing that the server said, whatever the transport: a frame of /ws, an event of the hub, a body of REST.</summary>
internal sealed record Frame(string Type, JsonElement Json)
{
    public static Frame Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement.Clone();
        return new Frame(root.GetProperty("type").GetString() ?? "", root);
    }

    public string Text(string property) => Json.Text(property);

    public string? TextOrNull(string property) => Json.TextOrNull(property);

    public long Number(string property) => Json.Number(property);

    public bool Is(string property, string value) => TextOrNull(property) == value;

    public override string ToString() => $"{Type} {Json}";
}

internal static class JsonReading
{
    public static string Text(this JsonElement json, string property) =>
        json.TextOrNull(property) ?? throw new InvalidDataException($"No text '{property}' in {json}");

    public static string? TextOrNull(this JsonElement json, string property) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public static long Number(this JsonElement json, string property) =>
        json.NumberOrNull(property) ?? throw new InvalidDataException($"No number '{property}' in {json}");

    public static long? NumberOrNull(this JsonElement json, string property) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.Number
            ? value.GetInt64()
            : null;

    public static bool Flag(this JsonElement json, string property) => json.GetProperty(property).GetBoolean();

    public static List<JsonElement> Items(this JsonElement json, string property) => [.. json.GetProperty(property).EnumerateArray()];
}
