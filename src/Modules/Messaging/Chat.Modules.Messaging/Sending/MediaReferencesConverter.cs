using System.Text.Json;
using System.Text.Json.Serialization;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Sending;

/// <summary>Reads <c>mediaIds</c> as the frames do. One more than there may be is read, for the validator to refuse.</summary>
internal sealed class MediaReferencesConverter : JsonConverter<IReadOnlyList<MediaReference>>
{
    public override IReadOnlyList<MediaReference> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException();
        var media = new List<MediaReference>();
        try
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var one = MediaReference.ReadFrom(ref reader);
                if (media.Count <= MessageMedia.MaxCount)
                    media.Add(one);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Without its text, the serializer adds the path: which is what the caller is told.
            throw new JsonException(null, e);
        }
        return media;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<MediaReference> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Only clients send it.");
}
