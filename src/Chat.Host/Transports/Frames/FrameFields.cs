using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Chat.Host.Transports.Frames;

/// <summary>The properties that some frame has.</summary>
internal enum FrameField
{
    Type, To, Text, ClientMsgId, ReplyTo, MediaIds, LastSeenSeqNo, MessageId, Status, ConversationId, SeqNo, Active, After, Limit,
    Subscribe, Unsubscribe, Token,
}

/// <summary>
/// Where each known property's value lies in a frame's bytes: found in one pass and copied from later, and only by the frame that it
/// belongs to, so that a property foreign to a frame is ignored whatever it holds.
/// </summary>
internal readonly ref struct FrameFields
{
    private const int Count = (int)FrameField.Token + 1;

    // Deeper than any frame; the reader itself refuses what is deeper still.
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 16 };

    private readonly ReadOnlySpan<byte> _json;
    private readonly Places _places;

    private FrameFields(ReadOnlySpan<byte> json, Places places)
    {
        _json = json;
        _places = places;
    }

    /// <exception cref="JsonException">Not one JSON object, too deep, or a known property twice: two readers might not take the same one.</exception>
    public static FrameFields Find(ReadOnlySpan<byte> json)
    {
        var places = default(Places);
        var reader = new Utf8JsonReader(json, Strict);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A frame is one JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var known = NameOf(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (known is not { } field)
                continue;
            if (places[(int)field].Length > 0)
                throw new JsonException($"The property {Name(field)} stands twice.");
            places[(int)field] = new Place(start, (int)reader.BytesConsumed - start);
        }
        reader.Read(); // throws where something follows the object
        return new FrameFields(json, places);
    }

    /// <summary>A reader that stands on the field's value; false where the field is absent, or null, which says the same.</summary>
    public bool TryRead(FrameField field, out Utf8JsonReader value)
    {
        var place = _places[(int)field];
        value = new Utf8JsonReader(_json.Slice(place.Start, place.Length), Strict);
        return place.Length > 0 && value.Read() && value.TokenType != JsonTokenType.Null;
    }

    public static string Name(FrameField field) => JsonNamingPolicy.CamelCase.ConvertName(field.ToString());

    private static FrameField? NameOf(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < Count; i++)
            if (reader.ValueTextEquals(Names[i]))
                return (FrameField)i;
        return null;
    }

    private static readonly byte[][] Names =
        [.. Enum.GetValues<FrameField>().Select(field => System.Text.Encoding.UTF8.GetBytes(Name(field)))];

    private readonly record struct Place(int Start, int Length);

    [InlineArray(Count)]
    private struct Places
    {
        private Place _first;
    }
}
