using Chat.BuildingBlocks.Text;

namespace Chat.BuildingBlocks.Tests.Text;

public sealed class DisplayNameTests
{
    [Theory]
    [InlineData("W")]
    [InlineData("Läufer 🏃 und Freunde")]
    [InlineData("👩‍👩‍👧")] // joined by U+200D
    [InlineData("می‌خواهم")] // U+200C between letters
    [InlineData("\u200fשלום")]
    [InlineData("e\u0301")]
    [InlineData(" a ")]
    [InlineData("한국어")]
    [InlineData("¯\\_(ツ)_/¯")]
    public void What_can_be_seen_is_a_name(string name) => Assert.True(DisplayName.IsWellFormed(name, 64));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\u00a0\u3000")]
    [InlineData("\u200b")]
    [InlineData("\u200b \u200d")]
    [InlineData("\u2060\ufeff")]
    [InlineData("\u00ad")]
    [InlineData("\u200e")]
    [InlineData("\u202e")]
    [InlineData("\ufe0f")]
    [InlineData("\u0301")]
    [InlineData("\u3164")]
    [InlineData("\u115f\u1160")]
    [InlineData("\uffa0")]
    [InlineData("\u2800")]
    [InlineData("\U000e0041")] // a tag
    [InlineData("\U000e0100")] // a variation selector
    [InlineData("\u0378")] // nobody's
    public void What_cannot_be_seen_is_none(string name) => Assert.False(DisplayName.IsWellFormed(name, 64));

    [Theory]
    [InlineData("two\nlines")]
    [InlineData("two\u2028lines")]
    [InlineData("two\u2029paragraphs")]
    [InlineData("nul\0")]
    [InlineData("\u0085x")]
    [InlineData("photo\u202egpj.exe")]
    [InlineData("a\u202ab")]
    [InlineData("a\u2067b\u2069")]
    public void What_breaks_lines_or_turns_the_text_around_it_is_none(string name) => Assert.False(DisplayName.IsWellFormed(name, 64));

    [Fact]
    public void Half_a_surrogate_pair_is_none()
    {
        Assert.False(DisplayName.IsWellFormed("tail \ud83c", 64));
        Assert.False(DisplayName.IsWellFormed("\udfc3 first", 64));
    }

    [Fact]
    public void Length_is_in_characters_as_Unicode_counts_them()
    {
        Assert.True(DisplayName.IsWellFormed(string.Concat(Enumerable.Repeat("🏃", 64)), 64));
        Assert.False(DisplayName.IsWellFormed(string.Concat(Enumerable.Repeat("🏃", 65)), 64));
        Assert.False(DisplayName.IsWellFormed(new string('x', 65), 64));
    }
}
