using System.Globalization;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Load;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Durability;

/// <summary>50 senders write while the server is ended and started again, round after round; then the whole history is checked.</summary>
[Collection(HeavyTests.Name)]
public sealed class RestartUnderLoadTests
{
    private const int Senders = 50;

    // A round ends after a number of acks, not after a time: each moment of the load's life is cut off in some round.
    private const int FewestAcks = 50;
    private const int MostAcks = 500;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 2;

    [Fact]
    public async Task Kill_9_loses_nothing_doubles_nothing_and_moves_nothing()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var load = await GroupLoad.StartAsync(server, Senders);

        for (var round = 0; round < Rounds; round++)
        {
            await load.AckedMoreAsync(Random.Shared.Next(FewestAcks, MostAcks), () => server.Output);
            await load.RestartAsync(async () =>
            {
                await server.KillHardAsync();
                await server.StartAgainAsync();
            });
        }

        await CheckAsync(load);
    }

    [Fact]
    public async Task SIGTERM_loses_nothing_and_no_send_fails_for_longer_than_the_restart()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var load = await GroupLoad.StartAsync(server, Senders);

        for (var round = 0; round < Rounds; round++)
        {
            await load.AckedMoreAsync(Random.Shared.Next(FewestAcks, MostAcks), () => server.Output);
            await load.RestartAsync(async () => Assert.Equal(0, await server.RestartAsync()));
        }

        await CheckAsync(load);
        Assert.Empty(load.LateSends);
        Assert.DoesNotContain(load.Ends, e => !e.IsHub && (!e.ToldToGo || e.Closing?.Code != 1001));
    }

    private static async Task CheckAsync(GroupLoad load)
    {
        var (devices, views) = await load.FinishAsync();
        var violations = HistoryChecker.Check(devices, views);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Rounds} rounds, {load.Figures}, {devices.Sum(d => d.Events.OfType<HistoryEvent.Received>().Count())} deliveries; "
            + $"the longest restart took {load.LongestRestart.TotalMilliseconds:F0} ms, the longest wait for an ack "
            + $"{load.LongestWait.Time.TotalMilliseconds:F0} ms over {load.LongestWait.Restarts} restarts; {load.Files.Uploaded} files uploaded and {load.Files.Checks} times read; {violations.Count} violations.");
        Assert.True(violations.Count == 0, Summary(violations));
        Assert.Empty(load.Refusals);
        Assert.NotEqual(0, load.Files.Checks);
        Assert.NotEqual(0, load.ChangesAcked);
        Assert.NotEqual(0, load.Expiring);
    }

    private static string Summary(IReadOnlyList<Violation> violations) =>
        string.Join('\n', violations.GroupBy(v => v.Rule).Select(r => $"{r.Key}: {r.Count()}").Concat(violations.Take(40).Select(v => v.ToString())));
}
