using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Chat.BuildingBlocks.Ids;

/// <summary>The server's name of a message: a time-ordered UUID (RFC 9562 version 7), written in its 36-character form.</summary>
[JsonConverter(typeof(ParsableJsonConverter<MessageId>))]
public readonly record struct MessageId(Guid Value) : IParsable<MessageId>
{
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("0123456789abcdefABCDEF-");

    public static MessageId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static MessageId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("Not a message id.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MessageId result)
    {
        // .NET's own parser also takes blanks around it, and signs and 0x within.
        var value = Guid.Empty;
        var wellFormed = !s.AsSpan().ContainsAnyExcept(Alphabet) && Guid.TryParseExact(s, "D", out value);
        result = new MessageId(value);
        return wellFormed;
    }

    public override string ToString() => Value.ToString("D");
}
