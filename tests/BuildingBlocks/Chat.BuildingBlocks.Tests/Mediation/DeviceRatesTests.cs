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
}
