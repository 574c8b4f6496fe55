namespace Chat.Bench.Tests;

public sealed class ArgumentsTests
{
    [Fact]
    public void Values_and_switches_are_read_and_the_rest_has_its_default()
    {
        var arguments = new Arguments(["--pairs", "7", "--relay", "--url", "http://127.0.0.1:1"]);

        Assert.Equal(7, arguments.Int("--pairs", 200));
        Assert.True(arguments.Flag("--relay"));
        Assert.Equal("http://127.0.0.1:1", arguments.Text("--url"));
        Assert.Equal(20, arguments.Int("--seconds", 20));
        arguments.RefuseUnknown();
    }

    [Fact]
    public void A_misspelt_option_is_refused()
    {
        var arguments = new Arguments(["--pair", "7"]);
        arguments.Int("--pairs", 200);

        Assert.Throws<ArgumentException>(arguments.RefuseUnknown);
    }

    [Theory]
    [InlineData("many")]
    [InlineData("0")]
    public void A_value_out_of_range_is_refused(string pairs) =>
        Assert.Throws<ArgumentException>(() => new Arguments(["--pairs", pairs]).Int("--pairs", 200));
}
