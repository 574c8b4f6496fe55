using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Chat.BuildingBlocks.Ids;

/// <summary>The server's name of an uploaded file: a time-ordered UUID (RFC 9562 version 7), written in its 36-character form.</summary>
[JsonConverter(typeof(ParsableJsonConverter<MediaId>))]
public readonly record struct MediaId(Guid Value) : IParsable<MediaId>
{
    public static MediaId New(DateTimeOffset now) => new(MessageId.New(now).Value);

    public static MediaId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("Not a media id.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MediaId result)
    {
        var wellFormed = MessageId.TryParse(s, provider, out var id);
        result = new MediaId(id.Value);
        return wellFormed;
    }

    public override string ToString() => Value.ToString("D");
}
