using System.Globalization;
using System.Net;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Load;
using Chat.EndToEnd.Tests.Running;

namespace Chat.EndToEnd.Tests.Durability;

/// <summary>
/// 30 senders on two servers write to one another in the same conversations while the servers are killed and their database stops, in turn;
/// then the whole history is checked. Nothing carries a message from one server to the other but the log: a device has what came through
/// the other server at its server's next message of that conversation, or when it comes again.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class ClusterUnderLoadTests
{
    private const int Senders = 30;

    // A round ends after a number of acks, not after a time: each moment of the load's life is cut off in some round.
    private const int FewestAcks = 30;
    private const int MostAcks = 300;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 2;

    [Fact]
    public async Task Killed_servers_and_a_database_that_stops_lose_nothing_double_nothing_and_move_nothing()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        var folder = Directory.CreateTempSubdirectory("chat-e2e-cluster-").FullName;
        var settings = new Dictionary<string, string>(Database.NewCluster(folder)) { ["Cql__RequestTimeoutMs"] = "2000" };
        await using var one = await ServerProcess.StartAsync(settings);
        await using var other = await ServerProcess.StartAsync(settings);
        await using var load = await GroupLoad.StartAsync([one, other], Senders);

        var stops = 0;
        for (var round = 0; round < Rounds; round++)
        {
            await load.AckedMoreAsync(Random.Shared.Next(FewestAcks, MostAcks), () => one.Output + other.Output);
            if (round % 3 == 2 && Database.CanBeStopped)
            {
                stops++;
                await load.RestartAsync(() => Database.StopAsync(() => Task.WhenAll(UnreadyAsync(one), UnreadyAsync(other))));
            }
            else
            {
                await load.RestartAsync(() => KillAndStartAsync(round % 2 == 0 ? one : other));
            }
        }

        var (devices, views) = await load.FinishAsync(reconnect: true);
        var violations = HistoryChecker.Check(devices, views);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Rounds} rounds, in {stops} of them the database stopped; {load.Figures}, "
            + $"{devices.Sum(d => d.Events.OfType<HistoryEvent.Received>().Count())} deliveries; the longest wait for an ack "
            + $"{load.LongestWait.Time.TotalMilliseconds:F0} ms; {load.Files.Uploaded} files uploaded and {load.Files.Checks} times read; {violations.Count} violations.");
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(40)));
        Assert.Empty(load.Refusals);
        Assert.NotEqual(0, load.Files.Checks);
        Assert.NotEqual(0, load.ChangesAcked);
        Directory.Delete(folder, recursive: true);
    }

    private static Task UnreadyAsync(ServerProcess server) =>
        Until.TrueAsync(async () => await server.ReadinessAsync() != HttpStatusCode.OK, $"the server at {server.Address} misses its database");

    private static async Task KillAndStartAsync(ServerProcess server)
    {
        await server.KillHardAsync();
        await server.StartAgainAsync();
    }
}
