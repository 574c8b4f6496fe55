using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chat.BuildingBlocks.Ids;

/// <summary>A message's place in its conversation: from 1, below 2^53. 0 is the place before the first message.</summary>
[JsonConverter(typeof(SeqNoJsonConverter))]
public readonly record struct SeqNo(long Value) : IComparable<SeqNo>
{
    /// <summary>The last number a JavaScript client can hold exactly.</summary>
    public const long MaxValue = (1L << 53) - 1;

    public static SeqNo None => default;

    public SeqNo Next => new(Value + 1);

    public static SeqNo Max(SeqNo a, SeqNo b) => a > b ? a : b;

    public static SeqNo Min(SeqNo a, SeqNo b) => a < b ? a : b;

    public int CompareTo(SeqNo other) => Value.CompareTo(other.Value);

    public static bool operator <(SeqNo a, SeqNo b) => a.Value < b.Value;

    public static bool operator >(SeqNo a, SeqNo b) => a.Value > b.Value;

    public static bool operator <=(SeqNo a, SeqNo b) => a.Value <= b.Value;

    public static bool operator >=(SeqNo a, SeqNo b) => a.Value >= b.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

internal sealed class SeqNoJsonConverter : JsonConverter<SeqNo>
{
    public override SeqNo Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value is >= 0 and <= SeqNo.MaxValue
            ? new SeqNo(value)
            : throw new JsonException("A seqNo is an integer from 0 to 2^53 - 1.");

    public override void Write(Utf8JsonWriter writer, SeqNo value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
}
