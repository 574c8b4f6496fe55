using System.Globalization;
using System.Net;
using Chat.EndToEnd.Tests.Clients;
using Chat.EndToEnd.Tests.Running;
using Chat.Testing;

namespace Chat.EndToEnd.Tests.Nodes;

/// <summary>Servers that share a database and are connected by Redis.</summary>
public sealed class NodesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-e2e-nodes-").FullName;
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Database.IsMissing, Database.Missing);
        Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
        _redis = await RedisServer.StartAsync();
    }

    [Fact]
    public async Task Servers_know_one_another_and_one_that_is_stopped_is_gone_at_once()
    {
        // No lease of this length ends during a test.
        var settings = Settings(leaseMs: 60_000);
        await using var a = await ServerProcess.StartAsync(settings);
        await using var b = await ServerProcess.StartAsync(settings);
        await KnowsAsync(a, 1);
        await KnowsAsync(b, 1);

        b.Terminate();

        Assert.True(await b.ExitAsync() == 0, b.Output);
        await KnowsAsync(a, 0);
        // Warnings, such as of a database that is slow to answer, may be there.
        Assert.DoesNotContain("\"@l\":\"Error\"", b.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stood_still_is_gone_for_the_others_and_joins_again()
    {
        var settings = Settings(leaseMs: 3_000);
        await using var a = await ServerProcess.StartAsync(settings);
        await using var b = await ServerProcess.StartAsync(settings);
        await KnowsAsync(a, 1);

        b.Pause();
        await KnowsAsync(a, 0);
        b.Continue();

        await KnowsAsync(a, 1);
        Assert.Contains("StoodStill", b.Output, StringComparison.Ordinal);
        Assert.True(await b.IsReadyAsync());
    }

    [Fact]
    public async Task Without_Redis_servers_start_stay_ready_and_take_messages()
    {
        var settings = Settings(leaseMs: 3_000);
        settings["Redis__StartTimeoutMs"] = "0";
        await using var a = await ServerProcess.StartAsync(settings);
        var alice = await Account.RegisterAsync(a, Account.UniqueId("alice"));
        await using var client = await alice.ConnectCaughtUpAsync();

        await _redis.KillAsync();
        await Until.TrueAsync(async () => await a.MetricAsync("chat_redis_up") == 0, "it is seen that Redis is away", () => a.Output);
        await client.SendTextAsync("@bob", "hello", "1");
        var wasReady = await a.IsReadyAsync();
        await using var b = await ServerProcess.StartAsync(settings);
        await _redis.StartAgainAsync();

        await KnowsAsync(a, 1);
        await KnowsAsync(b, 1);
        Assert.True(wasReady);
        Assert.Contains("Redis does not answer", a.Output, StringComparison.Ordinal);
        Assert.Contains("Redis answers again", a.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_that_takes_too_long_is_cut_off_without_a_fault()
    {
        var settings = Settings(leaseMs: 60_000);
        settings["Operations__ShutdownTimeoutMs"] = "1000";
        settings["Redis__CommandTimeoutMs"] = "5000";
        await using var a = await ServerProcess.StartAsync(settings);
        await using var client = await (await Account.RegisterAsync(a, Account.UniqueId("alice"))).ConnectCaughtUpAsync();

        await _redis.PauseAsync();
        a.Terminate();

        Assert.True(await a.ExitAsync() == 0, a.Output);
        Assert.Contains("Operations:ShutdownTimeoutMs", a.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", a.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_one_server_changes_of_devices_and_groups_counts_on_the_other_without_a_poll()
    {
        var settings = Settings(leaseMs: 60_000);
        settings["Auth__RevocationRefreshMs"] = "60000";
        settings["Groups__MaxStalenessMs"] = "60000";
        await using var a = await ServerProcess.StartAsync(settings);
        await using var b = await ServerProcess.StartAsync(settings);
        await KnowsAsync(a, 1);
        await KnowsAsync(b, 1);
        var alice = await Account.RegisterAsync(a, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(b, Account.UniqueId("bob"));
        var tablet = await Account.LogInAsync(b, alice.UserId, "tablet");
        var group = await alice.CreateGroupAsync("Walkers", bob);
        await using var client = await tablet.ConnectCaughtUpAsync();
        (await bob.Rest.SendMessageAsync(group, "hello", "1")).Expect(HttpStatusCode.Created);

        (await alice.Rest.DeleteAsync("/v1/devices/tablet")).Expect(HttpStatusCode.NoContent);
        await client.ExpectCloseAsync(4001);
        (await alice.Rest.DeleteAsync($"/v1/groups/{group}/members/{bob.UserId}")).Expect2xx();
        var tries = 1;
        await Until.TrueAsync(
            async () => (await bob.Rest.SendMessageAsync(group, "still there?", $"{++tries}")).Status == HttpStatusCode.Forbidden, "the removed member is refused");

        (await tablet.Rest.GetAsync("/v1/devices")).Expect(HttpStatusCode.Unauthorized);
    }

    /// <summary>With <c>CHAT_CHANGES</c> so many of each kind, whose times are written to the test's output.</summary>
    [Fact]
    public async Task Each_change_of_members_and_devices_counts_on_the_other_server_by_the_bus_alone()
    {
        var changes = int.Parse(Environment.GetEnvironmentVariable("CHAT_CHANGES") ?? "4", CultureInfo.InvariantCulture);
        var settings = Settings(leaseMs: 60_000);
        settings["Auth__RevocationRefreshMs"] = "60000";
        settings["Groups__MaxStalenessMs"] = "60000";
        settings["RateLimits__Enabled"] = "false";
        settings["Auth__MaxDevices"] = "10000";
        await using var a = await ServerProcess.StartAsync(settings);
        await using var b = await ServerProcess.StartAsync(settings);
        await KnowsAsync(a, 1);
        await KnowsAsync(b, 1);
        var alice = await Account.RegisterAsync(a, Account.UniqueId("alice"));
        var bob = await Account.RegisterAsync(b, Account.UniqueId("bob"));
        var group = await alice.CreateGroupAsync("Walkers", bob);
        (await bob.Rest.SendMessageAsync(group, "hello", "0")).Expect(HttpStatusCode.Created);
        var (members, devices) = (new List<double>(), new List<double>());

        for (var change = 1; change <= changes; change++)
        {
            var isRemoval = change % 2 == 1;
            if (isRemoval)
                (await alice.Rest.DeleteAsync($"/v1/groups/{group}/members/{bob.UserId}")).Expect2xx();
            else
                (await alice.Rest.PostAsync($"/v1/groups/{group}/members", new { members = new[] { bob.UserId } })).Expect2xx();
            var tries = 0;
            members.Add(await UntilAsync(async () =>
                (await bob.Rest.SendMessageAsync(group, "there?", $"{change} {++tries}")).Status == (isRemoval ? HttpStatusCode.Forbidden : HttpStatusCode.Created)));

            var tablet = await Account.LogInAsync(b, alice.UserId, $"tablet-{change}");
            (await alice.Rest.DeleteAsync($"/v1/devices/{tablet.DeviceId}")).Expect2xx();
            devices.Add(await UntilAsync(async () => (await tablet.Rest.GetAsync("/v1/devices")).Status == HttpStatusCode.Unauthorized));
        }

        foreach (var (kind, times) in new[] { ("members", members), ("devices", devices) })
        {
            var sorted = times.Order().ToList();
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{kind}: {sorted.Count} changes, p50 {sorted[sorted.Count / 2]:f1} ms, p99 {sorted[sorted.Count * 99 / 100]:f1} ms, longest {sorted[^1]:f1} ms"));
        }

        // From the answer of one server to that of the other which goes by it.
        static async Task<double> UntilAsync(Func<Task<bool>> isSeen)
        {
            var changed = TimeProvider.System.GetTimestamp();
            await Until.TrueAsync(isSeen, "the change counts");
            return TimeProvider.System.GetElapsedTime(changed).TotalMilliseconds;
        }
    }

    [Fact]
    public async Task What_an_address_does_on_one_server_counts_against_its_rate_on_the_other()
    {
        const int Rate = 10;
        const string Taken = "chat_rates_taken_elsewhere_total";
        var settings = Settings(leaseMs: 60_000);
        settings["RateLimits__RegistrationsPerMinute"] = $"{Rate}";
        settings["RateLimits__Enabled"] = "true";
        await using var a = await ServerProcess.StartAsync(settings);
        await using var b = await ServerProcess.StartAsync(settings);
        await KnowsAsync(a, 1);
        await KnowsAsync(b, 1);
        await Until.TrueAsync(
            async () =>
            {
                await new RestClient(a.Address).PostAsync("/v1/auth/login", new { userId = "nobody", password = Account.Password, deviceId = "phone" });
                return await b.MetricAsync(Taken) > 0;
            },
            "the other server counts what this one admits");
        var before = await b.MetricAsync(Taken);

        var admitted = await RegisterAsync(a);
        await Until.TrueAsync(async () => await b.MetricAsync(Taken) >= before + admitted, "the other server has counted it");

        Assert.InRange(admitted, Rate, 2 * Rate);
        Assert.InRange(await RegisterAsync(b), 0, Rate - 1);

        // Until it is refused.
        static async Task<int> RegisterAsync(ServerProcess server)
        {
            var admitted = 0;
            while ((await new RestClient(server.Address).PostAsync(
                "/v1/auth/register", new { userId = Account.UniqueId("many"), password = Account.Password, deviceId = "phone" })).Status == HttpStatusCode.Created)
                admitted++;
            return admitted;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Dictionary<string, string> Settings(int leaseMs) => new(Database.NewCluster(_folder))
    {
        ["Redis__ConnectionString"] = _redis.Address,
        // As long as may be: where a busy machine makes a command late, a server that stops cannot end its lease, and it counts as live for all of that.
        ["Redis__CommandTimeoutMs"] = $"{leaseMs / 3}",
        ["Nodes__LeaseMs"] = $"{leaseMs}",
    };

    private static Task KnowsAsync(ServerProcess server, int others) => Until.TrueAsync(
        async () => await server.MetricAsync("chat_nodes_live") == others && await server.MetricAsync("chat_nodes_lease") == 1, $"the server knows {others} others", () => server.Output);
}
