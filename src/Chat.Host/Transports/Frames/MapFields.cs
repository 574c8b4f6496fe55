using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;

namespace Chat.Host.Transports.Frames;

/// <summary>Collects a frame's fields in a map.</summary>
internal readonly struct MapFields(Dictionary<string, object?> map) : IFieldWriter
{
    public Dictionary<string, object?> Map => map;

    public void Text(JsonEncodedText name, string? value)
    {
        if (value is not null)
            map.Add(name.Value, value);
    }

    public void Text(JsonEncodedText name, Utf8Text value) => map.Add(name.Value, value);

    public void Id(JsonEncodedText name, Guid? value)
    {
        if (value is { } id)
            map.Add(name.Value, id.ToString());
    }

    public void Number(JsonEncodedText name, long? value)
    {
        if (value is { } number)
            map.Add(name.Value, number);
    }

    // Not as bytes, which JSON would write in base64, and MessagePack as a binary value.
    public void Numbers(JsonEncodedText name, ReadOnlySpan<byte> values)
    {
        if (!values.IsEmpty)
            map.Add(name.Value, Array.ConvertAll(values.ToArray(), static value => (int)value));
    }

    public void Users(JsonEncodedText name, IReadOnlyList<UserId> users) => map.Add(name.Value, users.Select(user => user.Value).ToArray());

    public void Texts(JsonEncodedText name, IReadOnlyList<string> values) => map.Add(name.Value, values.ToArray());

    public void Flag(JsonEncodedText name, bool value) => map.Add(name.Value, value);

    public void Object<T, TFields>(JsonEncodedText name, T item, TFields fields) where TFields : struct, IFieldsOf<T>
    {
        var writer = new MapFields([]);
        fields.WriteTo(item, ref writer);
        map.Add(name.Value, writer.Map);
    }

    public void List<T, TFields>(JsonEncodedText name, IReadOnlyList<T> items, TFields item) where TFields : struct, IFieldsOf<T>
    {
        var maps = new Dictionary<string, object?>[items.Count];
        for (var i = 0; i < maps.Length; i++)
        {
            var fields = new MapFields([]);
            item.WriteTo(items[i], ref fields);
            maps[i] = fields.Map;
        }
        map.Add(name.Value, maps);
    }
}
