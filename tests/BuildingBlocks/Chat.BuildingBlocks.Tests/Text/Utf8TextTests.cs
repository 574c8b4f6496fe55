using System.Text;
using System.Text.Json;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Tests.Text;

public sealed class Utf8TextTests
{
    private static readonly JsonSerializerOptions SmallBuffers = new() { DefaultBufferSize = 64 };

    [Theory]
    [InlineData("\"\"", "")]
    [InlineData("\"hé 🙂\"", "hé 🙂")]
    [InlineData("""  "a\"b\\\u0000\ud83d\ude42\n" """, "a\"b\\\0🙂\n")]
    public void A_JSON_string_is_read_and_written_as_its_bytes(string json, string expected)
    {
        var text = JsonSerializer.Deserialize<Utf8Text>(json);

        Assert.Equal(Utf8Text.Of(expected), text);
        Assert.Equal(Encoding.UTF8.GetBytes(expected), text.Span.ToArray());
        Assert.True(text.IsValid);
        Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(text));
    }

    // A stream's buffers cut strings in parts.
    [Fact]
    public async Task A_string_in_many_parts_is_one()
    {
        var expected = string.Concat(Enumerable.Repeat("long \"text\" 🙂", 5_000));
        using var stream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new[] { expected }));

        var read = await JsonSerializer.DeserializeAsync<Utf8Text[]>(
            stream, SmallBuffers, TestContext.Current.CancellationToken);

        Assert.Equal([Utf8Text.Of(expected)], read!);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("""["a"]""")]
    [InlineData("""  "\ud83d" """)]
    [InlineData("""  "\ude42\ud83d" """)]
    public void What_is_no_string_is_refused(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Utf8Text>(json));

    [Fact]
    public void Texts_of_the_same_bytes_are_equal()
    {
        Utf8Text one = Utf8Text.Of("hé"), same = new("hé"u8.ToArray()), other = Utf8Text.Of("he");

        Assert.True(one == same && one != other && one.GetHashCode() == same.GetHashCode());
        Assert.Equal((3, "hé", 0, ""), (one.Length, one.ToString(), default(Utf8Text).Length, default(Utf8Text).ToString()));
        Assert.False(new Utf8Text(new byte[] { 0xC3 }).IsValid);
    }
}
