using Chat.Bench.All;
using Chat.Bench.Load;
using Chat.Bench.Servers;

namespace Chat.Bench.Tests;

/// <summary>What <c>bench all</c> says of histories that are not whole: each fault is made, and must be seen.</summary>
public sealed class VerdictTests
{
    private static readonly LoadOptions Small = new()
    {
        Pairs = 3, InFlight = 2, Rate = 200, Seconds = 1, TextBytes = 40, QuietDeadline = TimeSpan.FromMilliseconds(500),
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HostFault.None, Return.None, 0, 0, false, false)]
    [InlineData(HostFault.None, Return.Away, 0, 0, false, false)]
    [InlineData(HostFault.LosesTheTenth, Return.None, 1, 0, false, false)]
    [InlineData(HostFault.LosesTheTenth, Return.Away, 1, 0, false, false)]
    [InlineData(HostFault.RepeatsTheTenth, Return.None, 0, 1, false, false)]
    [InlineData(HostFault.RepeatsTheTenth, Return.Away, 0, 1, false, false)]
    [InlineData(HostFault.TurnsTheNumbersBack, Return.None, 0, 0, true, false)]
    [InlineData(HostFault.TurnsTheNumbersBack, Return.Away, 0, 0, true, false)]
    [InlineData(HostFault.RefusesTheTenth, Return.None, 1, 0, false, true)]
    internal async Task A_verdict_sees_what_is_lost_twice_and_out_of_order(HostFault fault, Return @return, int lost, int twice, bool outOfOrder, bool trouble)
    {
        await using var host = await HostStandIn.StartAsync(fault);
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var verdict = Verdict.Of(await LoadRun.RunAsync(Small with { Return = @return }, server, Ct));

        Assert.Equal((lost, twice, outOfOrder, trouble), (verdict.Lost, verdict.Twice, verdict.OutOfOrder > 0, verdict.Trouble.Length > 0));
        Assert.Equal(fault is HostFault.None, verdict.IsClean);
    }

    [Fact]
    public async Task Receivers_who_were_away_get_all_at_their_return()
    {
        await using var host = await HostStandIn.StartAsync();
        await using var server = Server.At(host.Address, isRelay: false, processId: null);

        var result = await LoadRun.RunAsync(Small with { Return = Return.Away }, server, Ct);

        Assert.Equal((Small.Pairs, result.Acked), (result.Returned!.Devices, result.Returned.Messages));
        Assert.Equal(Small.Pairs, result.Returned.ToCaughtUp!.Count);
        Assert.Equal(0, result.DeliveredPerSecond);
    }

    [Fact]
    public void What_a_generator_that_came_too_late_did_not_send_is_named_and_not_lost()
    {
        var verdict = Verdict.Of(new LoadResult { Server = "host", Options = Small, Sent = 9, Acked = 9, Arrived = 9, Expected = 9, NeverSent = 4, Troubles = new Dictionary<string, int>() });

        Assert.Equal(0, verdict.Lost);
        Assert.Contains("never sent", verdict.Trouble, StringComparison.Ordinal);
        Assert.False(verdict.IsClean);
    }

    [Fact]
    public void A_table_has_medians_their_spread_and_what_is_wrong_in_any_run()
    {
        var scenario = new Scenario("pairs /ws", "100 pairs", "bare relay:", _ => throw new NotSupportedException());
        var report = new Report();

        report.Add(scenario, [TurnOf(200, 100), TurnOf(100, 80), TurnOf(400, 100)]);

        Assert.True(report.IsClean);
        Assert.Contains("| **pairs /ws** 100 pairs | messages/s | bare relay: 200 (100 to 400) | 100 (80.0 to 100) | 0.50 (0.25 to 0.80) | 0 / 0 / 0 |", $"{report}", StringComparison.Ordinal);

        var bad = TurnOf(100, 100);
        report.Add(scenario, [TurnOf(200, 100), bad with { Yardstick = bad.Yardstick! with { Verdict = new Verdict(1, 2, 3, "resync: 1") } }]);

        Assert.False(report.IsClean);
        Assert.Contains("| 1 / 2 / 3 (resync: 1) |", $"{report}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_that_failed_is_in_the_table_and_makes_it_bad()
    {
        var report = new Report();

        report.AddFailure(new Scenario("storm /ws", "all", null, _ => throw new NotSupportedException()), "no\nserver");

        Assert.False(report.IsClean);
        Assert.Contains("| **storm /ws** all | failed: no server |", $"{report}", StringComparison.Ordinal);
    }

    private static Turn TurnOf(double yardstick, double measured) =>
        new(new Sample([new Figure("messages/s", yardstick)], Verdict.Clean), new Sample([new Figure("messages/s", measured)], Verdict.Clean));
}
