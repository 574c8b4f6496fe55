using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace Chat.BuildingBlocks.Text;

/// <summary>A client's text as UTF-8 bytes: received, stored and sent without making a string of it. Equal if the bytes are equal.</summary>
/// <param name="bytes">Must not change afterwards.</param>
[JsonConverter(typeof(Utf8TextJsonConverter))]
public readonly struct Utf8Text(ReadOnlyMemory<byte> bytes) : IEquatable<Utf8Text>
{
    /// <summary>Bytes.</summary>
    public int Length => bytes.Length;

    public ReadOnlySpan<byte> Span => bytes.Span;

    /// <summary>Whether the bytes are UTF-8.</summary>
    public bool IsValid => Utf8.IsValid(bytes.Span);

    /// <summary>A lone surrogate becomes U+FFFD.</summary>
    public static Utf8Text Of(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>The JSON string that the reader stands on, without its escapes.</summary>
    /// <exception cref="InvalidOperationException">It is no string, or holds half of a surrogate pair.</exception>
    public static Utf8Text ReadFrom(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped && !reader.HasValueSequence)
            return new Utf8Text(reader.ValueSpan.ToArray());
        var text = new byte[reader.HasValueSequence ? checked((int)reader.ValueSequence.Length) : reader.ValueSpan.Length];
        return new Utf8Text(text.AsMemory(0, reader.CopyString(text)));
    }

    public bool Equals(Utf8Text other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is Utf8Text other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Encoding.UTF8.GetString(Span);

    public static bool operator ==(Utf8Text a, Utf8Text b) => a.Equals(b);

    public static bool operator !=(Utf8Text a, Utf8Text b) => !a.Equals(b);
}

internal sealed class Utf8TextJsonConverter : JsonConverter<Utf8Text>
{
    public override Utf8Text Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Utf8Text.ReadFrom(ref reader) : throw new JsonException("Not a string.");

    public override void Write(Utf8JsonWriter writer, Utf8Text value, JsonSerializerOptions options) => writer.WriteStringValue(value.Span);
}
