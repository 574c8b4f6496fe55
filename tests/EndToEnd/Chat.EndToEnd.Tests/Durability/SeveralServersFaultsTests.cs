using System.Globalization;
using Chat.EndToEnd.Tests.Balancing;
using Chat.EndToEnd.Tests.History;
using Chat.EndToEnd.Tests.Load;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Durability;

/// <summary>
/// Thirty senders write to one another through a real HAProxy and three servers, while one kind of fault comes again and again. Then the whole history is checked. No device
/// connects again at the end: everything is to be delivered live. Runs where <c>CHAT_FAULT_SECONDS</c> says how long each fault goes on;
/// <see cref="SeveralServersUnderLoadTests"/> has some of them in any case.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class SeveralServersFaultsTests : IAsyncDisposable
{
    private const int Senders = 30;
    private const int AcksBetween = 30;

    private readonly string _folder = Directory.CreateTempSubdirectory("chat-e2e-faults-").FullName;
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly List<ServerProcess> _servers = [];
    private RedisServer _redis = null!;
    private Toxiproxy? _link;

    private static TimeSpan Duration => TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("CHAT_FAULT_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 0);

    [Fact]
    public Task Servers_are_killed_every_ten_seconds() => RunAsync(TimeSpan.FromSeconds(10), async () =>
    {
        var server = _servers[Random.Shared.Next(_servers.Count)];
        await server.KillHardAsync();
        await server.StartAgainAsync();
    });

    [Fact]
    public Task Redis_loses_everything_every_five_seconds() => RunAsync(TimeSpan.FromSeconds(5), () => _redis.CommandAsync("FLUSHALL"));

    [Fact]
    public Task Redis_is_away_for_twenty_seconds_and_comes_back_empty() => RunAsync(TimeSpan.FromSeconds(10), async () =>
    {
        await _redis.KillAsync();
        await WaitAsync(TimeSpan.FromSeconds(20));
        await _redis.StartAgainAsync();
    });

    // As a replica that is promoted without the last writes.
    [Fact]
    public Task Redis_comes_back_with_what_it_had_long_ago()
    {
        var isSaved = false;
        return RunAsync(TimeSpan.FromSeconds(15), async () =>
        {
            if (!isSaved)
            {
                isSaved = true;
                await _redis.CommandAsync("SAVE");
                return;
            }
            await _redis.KillAsync();
            await _redis.StartAgainAsync();
        });
    }

    [Fact]
    public Task A_server_stands_still_for_three_leases() => RunAsync(TimeSpan.FromSeconds(5), async () =>
    {
        var server = _servers[Random.Shared.Next(_servers.Count)];
        server.Pause();
        try
        {
            await WaitAsync(TimeSpan.FromMilliseconds(3 * Settings.LeaseMs));
        }
        finally
        {
            server.Continue();
        }
    });

    [Fact]
    public Task The_database_stands_still_for_ten_seconds()
    {
        Assert.SkipUnless(Database.CanBeStopped, "CHAT_TEST_CQL_PID is not set.");
        return RunAsync(TimeSpan.FromSeconds(15), () => Database.StopAsync(() => WaitAsync(TimeSpan.FromSeconds(10))));
    }

    [Theory, InlineData("Redis"), InlineData("database")]
    public Task One_server_s_link_is_cut(string to) => RunAsync(TimeSpan.FromSeconds(10), async () =>
    {
        await _link!.CutAsync();
        await WaitAsync(TimeSpan.FromSeconds(5));
        await _link.MendAsync();
    }, to);

    [Theory, InlineData("Redis"), InlineData("database")]
    public Task One_server_s_link_becomes_slow(string to) => RunAsync(TimeSpan.FromSeconds(10), async () =>
    {
        await _link!.SlowAsync(200);
        await WaitAsync(TimeSpan.FromSeconds(10));
        await _link.HealAsync();
    }, to);

    [Theory, InlineData("Redis"), InlineData("database")]
    public Task One_server_s_link_is_torn_in_mid_frame(string to) => RunAsync(TimeSpan.FromSeconds(10), async () =>
    {
        await _link!.TearAfterAsync(Random.Shared.Next(500, 20_000));
        await WaitAsync(TimeSpan.FromSeconds(5));
        await _link.HealAsync();
    }, to);

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
            await owned.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <param name="pause">From the end of a fault to the next one.</param>
    /// <param name="fault">One fault, from its beginning to its end.</param>
    /// <param name="through">The first server has a link to this that can be disturbed.</param>
    private async Task RunAsync(TimeSpan pause, Func<Task> fault, string? through = null)
    {
        Assert.SkipWhen(Duration == TimeSpan.Zero, "Takes long: CHAT_FAULT_SECONDS=60 runs it.");
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        Assert.SkipWhen(through is not null && Toxiproxy.IsMissing, Toxiproxy.Missing);
        var balancer = await StartAsync(through);
        await using var load = await GroupLoad.StartAsync(_servers, Senders, balancer.ConnectAsync);

        var faults = 0;
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < Duration; faults++)
        {
            await load.AckedMoreAsync(AcksBetween, () => string.Join('\n', _servers.Select(server => server.Output)));
            await load.RestartAsync(fault);
            await WaitAsync(pause);
        }
        await load.AckedMoreAsync(AcksBetween, () => string.Join('\n', _servers.Select(server => server.Output)));

        var (devices, views) = await load.FinishAsync();
        var violations = HistoryChecker.Check(devices, views, staleness: HistoryChecker.MaxStaleness);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{faults} faults; {load.Figures}, {devices.Sum(d => d.Events.OfType<HistoryEvent.Received>().Count())} deliveries; the longest wait for an ack "
            + $"{load.LongestWait.Time.TotalMilliseconds:F0} ms, for a delivery {load.LatestDelivery.TotalMilliseconds:F0} ms; {load.Files.Uploaded} files uploaded, {await load.Files.CountCollectedAsync()} collected, and {load.Files.Checks} times read; {violations.Count} violations.");
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(40)));
        Assert.Empty(load.Refusals);
        Assert.NotEqual(0, load.Files.Checks);
        Assert.NotEqual(0, load.ChangesAcked);
    }

    private async Task<HaProxy> StartAsync(string? through)
    {
        _redis = Own(await RedisServer.StartAsync());
        var settings = Settings.OfSeveralServers(Database.NewCluster(_folder), _redis.Address);
        for (var i = 0; i < 3; i++)
        {
            var own = new Dictionary<string, string>(settings)
            {
                ["Operations__Port"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
                ["Http__TrustedProxies__0"] = "127.0.0.1",
            };
            if (i == 0 && through is not null)
            {
                var setting = through == "Redis" ? "Redis__ConnectionString" : "Cql__ContactPoints";
                _link = Own(await Toxiproxy.StartAsync(own[setting]));
                own[setting] = _link.Address;
            }
            _servers.Add(Own(await ServerProcess.StartAsync(own)));
        }
        return Own(await HaProxy.StartAsync([.. _servers.Select(server => new BalancedServer(server.Address.Port, server.OperationsAddress.Port))]));
    }

    private T Own<T>(T owned) where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private static Task WaitAsync(TimeSpan time)
    {
        var started = TimeProvider.System.GetTimestamp();
        return Until.TrueAsync(() => TimeProvider.System.GetElapsedTime(started) >= time, "the time is over");
    }
}
