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

    public void Id(JsonEncodedText name, MessageId? value)
    {
        if (value is { } id)
            map.Add(name.Value, id.ToString());
    }

    public void Number(JsonEncodedText name, long? value)
    {
        if (value is { } number)
            map.Add(name.Value, number);
    }

    public void Flag(JsonEncodedText name, bool value) => map.Add(name.Value, value);

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
