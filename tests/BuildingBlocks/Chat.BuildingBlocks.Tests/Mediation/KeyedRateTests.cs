using Chat.BuildingBlocks.Mediation;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Tests.Mediation;

public sealed class KeyedRateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void A_burst_comes_at_once_and_then_one_each_period()
    {
        var rate = new KeyedRate<string>(burst: 3, Second, maxKeys: 10, _clock);

        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(rate.Take("ann")));
        Assert.Equal(Second, rate.Take("ann"));
        Assert.Null(rate.Take("bob"));
        _clock.Advance(Second / 2);
        Assert.Equal(Second / 2, rate.Take("ann"));
        _clock.Advance(Second / 2);
        Assert.Null(rate.Take("ann"));
        Assert.NotNull(rate.Take("ann"));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(rate.Take("ann")));
        Assert.NotNull(rate.Take("ann"));
    }

    [Fact]
    public void Many_are_taken_together_or_not_at_all()
    {
        var rate = new KeyedRate<string>(burst: 3, Second, maxKeys: 10, _clock);

        Assert.Null(rate.Take("ann", 2));
        Assert.Equal(Second, rate.Take("ann", 2));
        Assert.Null(rate.Take("ann", 1));
        Assert.Null(rate.Take("bob", 100));
        Assert.Equal(Second, rate.Take("bob"));
    }

    [Fact]
    public void No_more_keys_are_known_than_may_be_and_those_in_use_are_kept_while_others_make_room()
    {
        var rate = new KeyedRate<int>(burst: 1, Second, maxKeys: 10, _clock);
        for (var key = 0; key < 9; key++)
            rate.Take(key);
        _clock.Advance(Second);
        Assert.Null(rate.Take(100));
        Assert.Null(rate.Take(101));

        Assert.NotNull(rate.Take(100));
        Assert.Equal(2, rate.Keys);
        for (var key = 0; key < 10_000; key++)
        {
            rate.Take(key);
            Assert.InRange(rate.Keys, 0, 10);
        }
    }

    [Fact]
    public void What_is_taken_elsewhere_counts_though_it_be_more_than_a_burst()
    {
        var rate = new KeyedRate<string>(burst: 3, Second, maxKeys: 10, _clock);

        rate.TakeElsewhere("ann", 2);
        Assert.Null(rate.Take("ann"));
        Assert.Equal(Second, rate.Take("ann"));
        rate.TakeElsewhere("ann", 5);
        Assert.Equal(6 * Second, rate.Take("ann"));
        _clock.Advance(6 * Second);
        Assert.Null(rate.Take("ann"));
    }

    [Fact]
    public void What_is_taken_elsewhere_of_a_key_without_an_entry_needs_room()
    {
        var rate = new KeyedRate<string>(burst: 1, Second, maxKeys: 1, _clock);
        rate.Take("ann");

        rate.TakeElsewhere("bob", 1);

        Assert.Equal(1, rate.Keys);
        Assert.NotNull(rate.Take("ann"));
    }

    [Fact]
    public void What_was_taken_is_shared_once_and_only_what_was_taken_here_and_not_refused()
    {
        var rate = new KeyedRate<string>(burst: 3, Second, maxKeys: 10, _clock);
        rate.Take("before");
        Assert.Empty(rate.ShareTaken());

        rate.Take("ann", 2);
        rate.Take("ann", 2);
        rate.Take("bob", 100);
        rate.TakeElsewhere("cid", 1);

        Assert.Equal(new Dictionary<string, int> { ["ann"] = 2, ["bob"] = 3 }, rate.ShareTaken());
        Assert.Empty(rate.ShareTaken());
        rate.EndSharing();
        rate.Take("dan");
        Assert.Empty(rate.ShareTaken());
    }
}
