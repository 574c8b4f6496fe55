using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Chat.Host.Transports.Frames;

/// <summary>
/// Where the values of a frame's properties lie in its bytes: found in one pass, and read later by the frame that has them. Properties
/// that the frame does not have are ignored, whatever they hold.
/// </summary>
internal readonly ref partial struct FrameFields
{
    /// <summary>Properties that one kind of frame may have, its type among them.</summary>
    public const int MaxCount = 16;

    // Deeper than any frame; the reader itself refuses what is deeper still.
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 16 };

    private readonly ReadOnlySpan<byte> _json;
    private readonly ReadOnlySpan<FrameField> _fields;
    private readonly Places _places;

    private FrameFields(ReadOnlySpan<byte> json, ReadOnlySpan<FrameField> fields, Places places)
    {
        _json = json;
        _fields = fields;
        _places = places;
    }

    /// <summary>A reader at the start of a frame.</summary>
    public static Utf8JsonReader Read(ReadOnlySpan<byte> json) => new(json, Strict);

    /// <exception cref="JsonException">Not one JSON object, too deep, or one of the fields twice: two readers might not take the same one.</exception>
    public static FrameFields Find(ReadOnlySpan<byte> json, ReadOnlySpan<FrameField> fields)
    {
        var places = default(Places);
        var reader = Read(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A frame is one JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = IndexOf(ref reader, fields);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (index < 0)
                continue;
            if (places[index].Length > 0)
                throw new JsonException($"The property {fields[index].Name} stands twice.");
            places[index] = new Place(start, (int)reader.BytesConsumed - start);
        }
        reader.Read(); // throws where something follows the object
        return new FrameFields(json, fields, places);
    }

    /// <summary>A reader that stands on the field's value; false where the field is absent, or null, which says the same.</summary>
    /// <exception cref="ArgumentException">The frame's specification does not name the field.</exception>
    public bool TryRead(FrameField field, out Utf8JsonReader value)
    {
        var place = _places[IndexOf(field)];
        if (place.Length == 0)
        {
            // As most are: a reader is large, and is made for none of them.
            value = default;
            return false;
        }
        value = Read(_json.Slice(place.Start, place.Length));
        return value.Read() && value.TokenType != JsonTokenType.Null;
    }

    private int IndexOf(FrameField field)
    {
        for (var i = 0; i < _fields.Length; i++)
            if (ReferenceEquals(_fields[i], field))
                return i;
        throw new ArgumentException($"This frame has no {field.Name}.", nameof(field));
    }

    private static int IndexOf(ref Utf8JsonReader name, ReadOnlySpan<FrameField> fields)
    {
        for (var i = 0; i < fields.Length; i++)
            if (name.ValueTextEquals(fields[i].Utf8))
                return i;
        return -1;
    }

    private readonly record struct Place(int Start, int Length);

    [InlineArray(MaxCount)]
    private struct Places
    {
        private Place _first;
    }
}
