using System.Text;
using Chat.Modules.Messaging.Changes;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Tests.Changes;

public sealed class EmojiTests
{
    [Theory]
    [InlineData("👍", "👍")]
    [InlineData("👍🏽", "👍🏽")]
    [InlineData("❤️", "❤️")]
    [InlineData("\u2764", "\u2764\uFE0F")]
    [InlineData("1\u20E3", "1\uFE0F\u20E3")]
    [InlineData("🇩🇪", "🇩🇪")]
    [InlineData("👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦")]
    [InlineData("🏳\u200D🌈", "🏳\uFE0F\u200D🌈")]
    [InlineData("🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿")]
    public void One_emoji_is_taken_and_a_missing_variation_selector_added(string text, string emoji) => Assert.Equal(emoji, Emoji.Qualify(text));

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("a", "a letter")]
    [InlineData("1", "a digit")]
    [InlineData(":)", "no emoji")]
    [InlineData("👍👍", "two emoji")]
    [InlineData("👍 ", "a space behind")]
    [InlineData("👍\uFE0F", "a variation selector that does not belong there")]
    [InlineData("\u2764\uFE0F\uFE0F", "two of them")]
    [InlineData("\uFE0F", "nothing but one")]
    [InlineData("🇩", "half a flag")]
    [InlineData("🇩🇩", "a flag of no country")]
    [InlineData("👨‍👨", "a family that is none")]
    [InlineData("👍\u200D👍\u200D👍\u200D👍", "a chain of joiners")]
    [InlineData("\u202E👍", "a mark that turns the direction of writing")]
    [InlineData("👍\u200F", "one behind")]
    [InlineData("\uD83D", "half of a surrogate pair")]
    [InlineData("🏽👍", "the skin before the hand")]
    [InlineData("👍\u0301\u0301\u0301", "marks on top")]
    public void Anything_else_is_none(string text, string what) => Assert.True(Emoji.Qualify(text) is null, what);

    [Fact]
    public void A_long_chain_of_joiners_is_none()
    {
        var chain = string.Join("\u200D", Enumerable.Repeat("👨", 1_000_000));

        Assert.Null(Emoji.Qualify(chain));
        Assert.Null(Emoji.Qualify(new string('\uFE0F', 1_000_000)));
    }

    [Fact]
    public void Every_emoji_is_itself_and_fits()
    {
        using var stream = typeof(Emoji).Assembly.GetManifestResourceStream("emoji.txt")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var all = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("//", StringComparison.Ordinal)).ToList();

        Assert.InRange(all.Count, 3_900, 10_000);
        Assert.All(all, emoji => Assert.Equal(emoji, Emoji.Qualify(emoji)));
        Assert.All(all, emoji => Assert.Equal(emoji, Emoji.Qualify(emoji.Replace("\uFE0F", "", StringComparison.Ordinal))));
        Assert.InRange(all.Max(Encoding.UTF8.GetByteCount), 1, MessageChange.MaxEmojiBytes);
    }
}
