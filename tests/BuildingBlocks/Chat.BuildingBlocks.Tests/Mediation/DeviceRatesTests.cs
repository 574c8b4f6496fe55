using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Testing;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Tests.Mediation;

public sealed class DeviceRatesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(19)]
    [InlineData(50)]
    [InlineData(59)]
    [InlineData(100_000)]
    public void The_bucket_is_filled_by_what_the_option_says(int perSecond)
    {
        var bucket = DeviceRates.Bucket(perSecond);

        Assert.Equal(perSecond, bucket.TokenLimit);
        Assert.Equal(perSecond, bucket.TokensPerPeriod / bucket.ReplenishmentPeriod.TotalSeconds, tolerance: perSecond * 0.01);
    }

    [Fact]
    public void The_time_to_wait_is_never_shorter_than_it_takes_to_fill_in_a_token()
    {
        using var meters = new TestMeters();
        using var rates = new DeviceRates(Options.Create(new RateLimitOptions { SendsPerSecond = 1000 }), meters);
        var device = new DeviceAddress(UserId.Parse("a"), DeviceId.Parse("b"));

        var refused = Enumerable.Range(0, 1_000_000).Select(_ => rates.Admit(device, RateClass.Send)).First(refusal => refusal is not null);

        Assert.Equal(TimeSpan.FromMilliseconds(100), refused!.RetryAfter);
    }

    [Fact]
    public void A_request_that_costs_much_counts_as_many_and_at_most_as_a_seconds_worth()
    {
        using var meters = new TestMeters();
        using var rates = new DeviceRates(Options.Create(new RateLimitOptions { CommandsPerSecond = 50 }), meters);
        DeviceAddress Device(string user) => new(UserId.Parse(user), DeviceId.Parse("b"));

        Assert.Equal([null, null, "rate_limited"], Enumerable.Range(0, 3).Select(_ => rates.Admit(Device("a"), RateClass.Other, cost: 21)?.Code));
        Assert.Equal([null, "rate_limited"], Enumerable.Range(0, 2).Select(_ => rates.Admit(Device("c"), RateClass.Other, cost: 1000)?.Code));
    }
}
