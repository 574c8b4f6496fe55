using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Chat.BuildingBlocks.Tests.Mediation;

public sealed class DeviceRatesTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TestMeters _meters = new();

    public void Dispose() => _meters.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(19)]
    [InlineData(50)]
    [InlineData(100_000)]
    public void A_seconds_worth_comes_at_once_and_then_as_many_a_second_as_the_option_says(int perSecond)
    {
        var rates = New(new RateLimitOptions { SendsPerSecond = perSecond });

        Assert.Equal(perSecond, Sends());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(Sends(), perSecond - 1, perSecond);

        int Sends() => Enumerable.Range(0, perSecond + 1).Count(_ => rates.Admit(Device("a"), RateClass.Send) is null);
    }

    [Fact]
    public void A_refusal_says_when_the_next_may_come()
    {
        var rates = New(new RateLimitOptions { SendsPerSecond = 4 });
        for (var n = 0; n < 4; n++)
            rates.Admit(Device("a"), RateClass.Send);

        var refusal = rates.Admit(Device("a"), RateClass.Send);

        Assert.Equal(("rate_limited", TimeSpan.FromSeconds(0.25)), (refusal?.Code, refusal?.RetryAfter));
        Assert.Null(rates.Admit(Device("a"), RateClass.Other));
        _clock.Advance(refusal!.RetryAfter!.Value);
        Assert.Null(rates.Admit(Device("a"), RateClass.Send));
    }

    [Fact]
    public void A_request_that_costs_much_counts_as_many_and_at_most_as_a_seconds_worth()
    {
        var rates = New(new RateLimitOptions { CommandsPerSecond = 50 });

        Assert.Equal([null, null, "rate_limited"], Enumerable.Range(0, 3).Select(_ => rates.Admit(Device("a"), RateClass.Other, cost: 21)?.Code));
        Assert.Equal([null, "rate_limited"], Enumerable.Range(0, 2).Select(_ => rates.Admit(Device("c"), RateClass.Other, cost: 1000)?.Code));
    }

    private DeviceRates New(RateLimitOptions options) => new(Options.Create(options), _meters, _clock);

    private static DeviceAddress Device(string user) => new(UserId.Parse(user), DeviceId.Parse("b"));
}
