using System.Text.Json;
using Chat.BuildingBlocks.Ids;

namespace Chat.BuildingBlocks.Tests.Ids;

public sealed class SeqNoTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("9007199254740991", 9007199254740991)]
    public void A_number_from_0_to_2_to_the_53rd_less_1_is_read(string json, long expected)
    {
        Assert.Equal(new SeqNo(expected), JsonSerializer.Deserialize<SeqNo>(json));
        Assert.Equal(json, JsonSerializer.Serialize(new SeqNo(expected)));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("9007199254740992")]
    [InlineData("99999999999999999999999")]
    [InlineData("1.5")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public void Anything_else_is_a_JSON_exception(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SeqNo>(json));

    [Fact]
    public void Places_compare_by_their_numbers()
    {
        var (one, two) = (new SeqNo(1), new SeqNo(2));

        Assert.True(one < two && two > one && one <= two && two >= one);
        Assert.Equal((two, one), (SeqNo.Max(one, two), SeqNo.Min(one, two)));
        Assert.Equal(two, one.Next);
        Assert.Equal(new SeqNo(0), SeqNo.None);
        Assert.Equal("2", two.ToString());
    }
}
