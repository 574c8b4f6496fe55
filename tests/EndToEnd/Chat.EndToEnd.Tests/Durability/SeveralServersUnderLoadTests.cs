using System.Globalization;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Load;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Durability;

/// <summary>
/// 30 senders on three servers write to one another in the same conversations, while Redis loses everything, dies and comes back empty, and servers stand still and are
/// killed, in turn. Then the whole history is checked. No device connects again at the end: everything is to be delivered live.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class SeveralServersUnderLoadTests
{
    private const int Senders = 30;

    // A round ends after a number of acks, not after a time: each moment of the load's life is cut off in some round.
    private const int FewestAcks = 30;
    private const int MostAcks = 200;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 2;

    [Fact]
    public async Task A_redis_that_loses_all_and_servers_that_stand_still_or_die_lose_nothing_and_delivery_stays_live()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        var folder = Directory.CreateTempSubdirectory("chat-e2e-servers-").FullName;
        await using var redis = await RedisServer.StartAsync();
        var settings = Settings.OfSeveralServers(Database.NewCluster(folder), redis.Address);
        await using var one = await ServerProcess.StartAsync(settings);
        await using var two = await ServerProcess.StartAsync(settings);
        await using var three = await ServerProcess.StartAsync(settings);
        ServerProcess[] servers = [one, two, three];
        await using var load = await GroupLoad.StartAsync(servers, Senders);

        for (var round = 0; round < Rounds; round++)
        {
            await load.AckedMoreAsync(Random.Shared.Next(FewestAcks, MostAcks), () => string.Join('\n', servers.Select(server => server.Output)));
            var server = servers[Random.Shared.Next(servers.Length)];
            await load.RestartAsync(() => (round % 4) switch
            {
                0 => redis.CommandAsync("FLUSHALL"),
                1 => RestartAsync(redis, load),
                2 => StandStillAsync(server),
                _ => KillAndStartAsync(server),
            });
        }

        var (devices, views) = await load.FinishAsync();
        var violations = HistoryChecker.Check(devices, views, staleness: HistoryChecker.MaxStaleness);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Rounds} rounds; {load.Figures}, {devices.Sum(d => d.Events.OfType<HistoryEvent.Received>().Count())} deliveries; the longest wait for an ack "
            + $"{load.LongestWait.Time.TotalMilliseconds:F0} ms; {load.Files.Uploaded} files uploaded and {load.Files.Checks} times read; {violations.Count} violations.");
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(40)));
        Assert.Empty(load.Refusals);
        Assert.NotEqual(0, load.Files.Checks);
        Assert.NotEqual(0, load.ChangesAcked);
        Directory.Delete(folder, recursive: true);
    }

    // While it is away sends are acked all the same.
    private static async Task RestartAsync(RedisServer redis, GroupLoad load)
    {
        await redis.KillAsync();
        await load.AckedMoreAsync(FewestAcks, () => "Redis is away.");
        await redis.StartAgainAsync();
    }

    private static async Task StandStillAsync(ServerProcess server)
    {
        server.Pause();
        try
        {
            var paused = TimeProvider.System.GetTimestamp();
            await Until.TrueAsync(
                () => TimeProvider.System.GetElapsedTime(paused) >= TimeSpan.FromMilliseconds(3 * Settings.LeaseMs), "three leases are over");
        }
        finally
        {
            server.Continue();
        }
    }

    private static async Task KillAndStartAsync(ServerProcess server)
    {
        await server.KillHardAsync();
        await server.StartAgainAsync();
    }
}
