using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Chat.BuildingBlocks.Ids;

/// <summary>A user, opaque to the server: <c>[A-Za-z0-9][A-Za-z0-9._-]{0,63}</c>, compared ordinally.</summary>
[JsonConverter(typeof(ParsableJsonConverter<UserId>))]
public readonly record struct UserId : IParsable<UserId>
{
    /// <param name="value">Known to be well-formed.</param>
    internal UserId(string value) => Value = value;

    public string Value { get; }

    public static UserId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException("Not a user id.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out UserId result)
    {
        var wellFormed = s is not null && Identifier.IsWellFormed(s);
        result = wellFormed ? new UserId(s!) : default;
        return wellFormed;
    }

    public static bool TryParse([NotNullWhen(true)] string? s, out UserId result) => TryParse(s, null, out result);

    public override string ToString() => Value;
}
