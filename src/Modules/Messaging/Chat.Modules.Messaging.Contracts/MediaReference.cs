using System.Text.Json;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A file that a sender puts into a message.</summary>
/// <param name="Id">The stored file.</param>
/// <param name="Voice">Whether it is a voice note.</param>
/// <param name="Waveform">A voice note's loudness; see <see cref="MessageMedia.Waveform"/>.</param>
/// <param name="Name">What it is called in this message; null for the name with which it was uploaded.</param>
public readonly record struct MediaReference(MediaId Id, bool Voice = false, ReadOnlyMemory<byte> Waveform = default, string? Name = null)
{
    /// <summary>The JSON value that the reader stands on: an id, or <c>{mediaId, voice?, waveform?, name?}</c>. Other properties are ignored.</summary>
    /// <exception cref="JsonException">It is something else; the message says what it should be.</exception>
    public static MediaReference ReadFrom(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
            return new MediaReference(ReadId(ref reader));
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Malformed();
        var (id, voice, waveform, name) = (default(MediaId?), false, default(ReadOnlyMemory<byte>), default(string));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var property = reader.GetString();
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
                continue;
            switch (property)
            {
                case "mediaId":
                    id = id is null ? ReadId(ref reader) : throw Malformed();
                    break;
                case "voice":
                    voice = reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw Malformed();
                    break;
                case "waveform":
                    waveform = ReadWaveform(ref reader);
                    break;
                case "name":
                    name = reader.TokenType == JsonTokenType.String ? reader.GetString() : throw Malformed();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return new MediaReference(id ?? throw Malformed(), voice, waveform, name);
    }

    private static MediaId ReadId(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String && MediaId.TryParse(reader.GetString(), null, out var id) ? id : throw Malformed();

    private static byte[] ReadWaveform(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Malformed();
        Span<byte> values = stackalloc byte[MessageMedia.MaxWaveform];
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (count == values.Length || reader.TokenType != JsonTokenType.Number || !reader.TryGetByte(out values[count++]))
                throw Malformed();
        }
        return values[..count].ToArray();
    }

    private static JsonException Malformed() => new(
        $"mediaIds has ids, or objects of mediaId, voice (true or false), waveform (at most {MessageMedia.MaxWaveform} integers from 0 to 255) and name.");
}
