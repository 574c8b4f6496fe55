using System.Text;
using System.Text.Encodings.Web;
using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Tests.Text;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("hello", 5)]
    [InlineData("\u0001\u0001", 12)]
    [InlineData("a\"b", 8)]
    [InlineData("щ", 6)]
    [InlineData("🙂", 12)]
    [InlineData("a é中🙂\n~", 33)]
    public void It_is_at_least_what_either_encoder_writes(string text, int expected)
    {
        Assert.Equal(expected, JsonText.MaxBytes(text));
        Assert.Equal(expected, JsonText.MaxBytes(Utf8Text.Of(text)));
        Assert.All(
            [JavaScriptEncoder.UnsafeRelaxedJsonEscaping, JavaScriptEncoder.Default],
            encoder => Assert.True(Encoding.UTF8.GetByteCount(encoder.Encode(text)) <= expected));
    }
}
