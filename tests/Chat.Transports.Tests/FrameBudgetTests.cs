using Chat.BuildingBlocks.Errors;
using Chat.Host.Transports;
using Microsoft.Extensions.Time.Testing;

namespace Chat.Transports.Tests;

public sealed class FrameBudgetTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Ten_seconds_worth_comes_at_once_and_no_more()
    {
        var budget = new FrameBudget(perSecond: 5, "Wait.", _clock);

        var answers = Enumerable.Range(0, 51).Select(_ => budget.Take()).ToList();

        Assert.All(answers[..50], Assert.Null);
        Assert.Equal(ErrorCodes.RateLimited, answers[50]?.Code);
        Assert.Equal(TimeSpan.FromMilliseconds(200), answers[50]?.RetryAfter);
        Assert.False(budget.IsExhausted);
    }

    [Fact]
    public void A_client_that_waits_is_admitted_again()
    {
        var budget = new FrameBudget(perSecond: 5, "Wait.", _clock);
        Enumerable.Range(0, 60).ToList().ForEach(_ => budget.Take());

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([true, true, true, true, true, false], Enumerable.Range(0, 6).Select(_ => budget.Take() is null));
    }

    [Theory, InlineData(6, false), InlineData(15, true)]
    public void A_client_far_over_the_rate_has_exhausted_it_though_some_are_admitted(int perSecond, bool exhausted)
    {
        var budget = new FrameBudget(perSecond: 5, "Wait.", _clock);
        Enumerable.Range(0, 50).ToList().ForEach(_ => budget.Take());

        for (var i = 0; i < perSecond * 20; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1.0 / perSecond));
            budget.Take();
        }

        Assert.Equal(exhausted, budget.IsExhausted);
    }

    [Fact]
    public void A_client_that_goes_on_for_as_long_again_has_exhausted_it()
    {
        var budget = new FrameBudget(perSecond: 5, "Wait.", _clock);

        Enumerable.Range(0, 99).ToList().ForEach(_ => budget.Take());
        Assert.False(budget.IsExhausted);
        budget.Take();

        Assert.True(budget.IsExhausted);
    }
}
