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
    [InlineData("--door rest --in-flight 2")]
    [InlineData("--door rest --both-directions")]
    [InlineData("--return away --mode turns")]
    [InlineData("--pairs 0")]
    public void Loads_that_would_show_nothing_are_refused(string options) =>
        Assert.Throws<ArgumentException>(() => Load.LoadOptions.From(new Arguments(options.Split(' '))));

    [Fact]
    public void Groups_are_alone_unless_pairs_are_named_as_well()
    {
        Assert.Equal(0, Load.LoadOptions.From(new Arguments(["--groups", "2"])).Pairs);
        Assert.Equal(5, Load.LoadOptions.From(new Arguments(["--groups", "2", "--pairs", "5"])).Pairs);
    }

    [Theory]
    [InlineData("many")]
    [InlineData("0")]
    public void A_value_out_of_range_is_refused(string pairs) =>
        Assert.Throws<ArgumentException>(() => new Arguments(["--pairs", pairs]).Int("--pairs", 200));
}
