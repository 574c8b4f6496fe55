using System.Globalization;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Load;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Balancing;

/// <summary>
/// Three servers behind a real HAProxy are restarted in turn, as for an upgrade, while senders write to one another through it. Then the whole history is checked: everything
/// is to be delivered live. Runs where <c>CHAT_KILL_ROUNDS</c> says how often each is restarted; <see cref="BalancedServersTests"/> has one server leave in any case.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class RollingRestartTests(SeveralServers shared) : IClassFixture<SeveralServers>
{
    private const int Senders = 20;
    private const int AcksBetween = 100;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 0;

    [Fact]
    public async Task Servers_that_are_restarted_in_turn_lose_double_and_refuse_nothing()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        Assert.SkipWhen(Rounds == 0, "Takes a minute a round: CHAT_KILL_ROUNDS=1 runs it.");
        await shared.StartAsync(() => new Dictionary<string, string>
        {
            ["Operations__Port"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            ["Http__TrustedProxies__0"] = "127.0.0.1",
        });
        await using var balancer = await HaProxy.StartAsync(
            [.. shared.Servers.Select(server => new BalancedServer(server.Address.Port, server.OperationsAddress.Port))]);
        await using var load = await GroupLoad.StartAsync(shared.Servers, Senders, balancer.ConnectAsync);

        for (var round = 0; round < Rounds; round++)
        {
            foreach (var server in shared.Servers)
            {
                await load.AckedMoreAsync(AcksBetween, () => server.Output);
                await load.RestartAsync(async () => Assert.True(await server.RestartAsync() == 0, server.Output));
            }
        }
        await load.AckedMoreAsync(AcksBetween, () => balancer.Log);

        var (devices, views) = await load.FinishAsync();
        var violations = HistoryChecker.Check(devices, views, staleness: HistoryChecker.MaxStaleness);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Rounds} rounds; {load.Figures}, {devices.Sum(d => d.Events.OfType<HistoryEvent.Received>().Count())} deliveries; the longest wait for an ack "
            + $"{load.LongestWait.Time.TotalMilliseconds:F0} ms, for a delivery {load.LatestDelivery.TotalMilliseconds:F0} ms; the longest restart {load.LongestRestart.TotalSeconds:F1} s.");
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(40)));
        Assert.Empty(load.Refusals);
        Assert.All(load.Ends, end => Assert.True(end.ToldToGo, end.ToString()));
    }
}
