using System.Globalization;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Load;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;
using Chat.Testing.Push;

namespace Chat.EndToEnd.Tests.Notifications;

/// <summary>
/// Ten senders write to one another, and those who are not there are notified, while servers are killed, Redis loses everything and the platform is away, or misbehaves in all ways that it knows. Then the
/// whole history is checked, notifications included. <c>CHAT_KILL_ROUNDS</c> says how often.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class NotificationsUnderFaultsTests
{
    private const int Senders = 10;
    private const int FewestAcks = 50;
    private const int MostAcks = 300;

    // Pauses after failures, doubling up to some seconds; the circuit's are shorter here.
    private static readonly TimeSpan PlatformPauses = TimeSpan.FromSeconds(30);

    // What a killed server had claimed, and what it had yet to look at: others look for that every 30 s, when its lease has ended.
    private static readonly TimeSpan LeftBehind = TimeSpan.FromSeconds(35);

    // Others ask every 5 s whether something was lost.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_KILL_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 1;

    [Fact]
    public async Task Kill_9_and_a_platform_with_all_faults_leave_no_message_untold()
    {
        await using var world = await PushWorld.StartAsync(("Push__BreakMs", "100"), ("Push__BreakAtMostMs", "500"), ("Push__RequestTimeoutMs", "1000"));
        await using var load = await GroupLoad.StartAsync([world.Server], Senders, fcm: world.Fcm);

        for (var round = 0; round < Rounds; round++)
        {
            await AckedMoreAsync(load);
            await KillAsync(load, world.Server, TimeSpan.Zero);
        }
        await load.Notifications.ChangeAsync();
        await AckedMoreAsync(load);
        await load.Notifications.FaultAsync(
            "all faults of the platform", PlatformPauses,
            async () =>
            {
                world.Fcm.Misbehave = AnyFault;
                await AckedMoreAsync(load);
                await KillAsync(load, world.Server, TimeSpan.Zero);
                await AckedMoreAsync(load);
                world.Fcm.Misbehave = null;
            });
        await AckedMoreAsync(load);

        await CheckAsync(load, world.Fcm);
    }

    [Fact]
    public async Task A_redis_that_loses_everything_and_killed_servers_leave_no_message_untold()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        var folder = Directory.CreateTempSubdirectory("chat-push-").FullName;
        await using var fcm = await FakeFcm.StartAsync();
        var account = fcm.WriteServiceAccountTo(folder);
        await using var shared = new SeveralServers();
        await shared.StartAsync(() => new Dictionary<string, string>
        {
            ["Push__Fcm__Endpoint"] = fcm.Origin, ["Push__Fcm__ServiceAccountFile"] = account, ["Push__BreakAtMostMs"] = "2000", ["Push__LeaseMs"] = "30000",
        });
        await using var load = await GroupLoad.StartAsync(shared.Servers, Senders, fcm: fcm);

        for (var round = 0; round < Rounds; round++)
        {
            await AckedMoreAsync(load);
            await load.Notifications.FaultAsync(
                "the platform is away, and Redis loses everything", PlatformPauses,
                async () =>
                {
                    fcm.Misbehave = _ => new Misbehaviour.Status(503);
                    await AckedMoreAsync(load);
                    await shared.Redis.CommandAsync("FLUSHALL");
                    fcm.Misbehave = null;
                });
            if (round == 0)
                await load.Notifications.ChangeAsync();
            await AckedMoreAsync(load);
            await load.Notifications.FaultAsync("Redis loses everything", LookAgain, () => shared.Redis.CommandAsync("FLUSHALL"));
            await AckedMoreAsync(load);
            await KillAsync(load, shared.Servers[round % shared.Servers.Count], LeftBehind);
        }
        await AckedMoreAsync(load);

        await CheckAsync(load, fcm);
        Directory.Delete(folder, recursive: true);
    }

    private static Task AckedMoreAsync(GroupLoad load) => load.AckedMoreAsync(Random.Shared.Next(FewestAcks, MostAcks), () => "");

    private static Task KillAsync(GroupLoad load, ServerProcess server, TimeSpan allowance) => load.Notifications.FaultAsync(
        "kill -9", allowance,
        () => load.RestartAsync(async () =>
        {
            await server.KillHardAsync();
            await server.StartAgainAsync();
        }),
        losesAcks: true);

    private static Misbehaviour? AnyFault(string path) => Random.Shared.Next(12) switch
    {
        0 => new Misbehaviour.Status(429, "1"),
        1 => new Misbehaviour.Status(503),
        2 => new Misbehaviour.Reset(),
        3 => new Misbehaviour.HalfAnswered(200),
        4 => new Misbehaviour.Slow(Task.Delay(TimeSpan.FromMilliseconds(300))),
        _ => null,
    };

    private static async Task CheckAsync(GroupLoad load, FakeFcm fcm)
    {
        var (devices, views) = await load.FinishAsync();
        var violations = HistoryChecker.Check(devices, views, load.Notifications.History);

        TestContext.Current.TestOutputHelper?.WriteLine($"{load.Figures}; {load.Notifications.Describe(devices, views)} {violations.Count} violations.");
        Assert.True(violations.Count == 0, Summary(violations));
        Assert.Empty(load.Refusals);
        Assert.Empty(fcm.Refused);
    }

    private static string Summary(IReadOnlyList<Violation> violations) =>
        string.Join('\n', violations.GroupBy(v => v.Rule).SelectMany(rule => rule.Take(10).Select(v => v.ToString()).Prepend($"{rule.Key}: {rule.Count()}")));
}
