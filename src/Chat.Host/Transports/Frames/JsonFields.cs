using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Host.Transports.Frames;

/// <summary>Writes a frame's fields as properties of a JSON object.</summary>
internal readonly struct JsonFields(Utf8JsonWriter json) : IFieldWriter
{
    public void Text(JsonEncodedText name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    public void Text(JsonEncodedText name, Utf8Text value) => json.WriteString(name, value.Span);

    public void Id(JsonEncodedText name, Guid? value)
    {
        if (value is { } id)
            json.WriteString(name, id);
    }

    public void Number(JsonEncodedText name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }

    public void Numbers(JsonEncodedText name, ReadOnlySpan<byte> values)
    {
        if (values.IsEmpty)
            return;
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    public void Users(JsonEncodedText name, IReadOnlyList<UserId> users)
    {
        json.WriteStartArray(name);
        foreach (var user in users)
            json.WriteStringValue(user.Value);
        json.WriteEndArray();
    }

    public void Texts(JsonEncodedText name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    public void Flag(JsonEncodedText name, bool value) => json.WriteBoolean(name, value);

    public void Object<T, TFields>(JsonEncodedText name, T item, TFields fields) where TFields : struct, IFieldsOf<T>
    {
        json.WriteStartObject(name);
        var writer = this;
        fields.WriteTo(item, ref writer);
        json.WriteEndObject();
    }

    public void List<T, TFields>(JsonEncodedText name, IReadOnlyList<T> items, TFields item) where TFields : struct, IFieldsOf<T>
    {
        json.WriteStartArray(name);
        for (var i = 0; i < items.Count; i++)
        {
            json.WriteStartObject();
            var fields = this;
            item.WriteTo(items[i], ref fields);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
