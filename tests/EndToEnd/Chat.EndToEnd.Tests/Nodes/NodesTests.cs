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
        Assert.DoesNotContain("Exception", b.Output, StringComparison.Ordinal);
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

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Dictionary<string, string> Settings(int leaseMs) => new(Database.NewCluster(_folder))
    {
        ["Redis__ConnectionString"] = _redis.Address,
        ["Nodes__LeaseMs"] = $"{leaseMs}",
    };

    private static Task KnowsAsync(ServerProcess server, int others) => Until.TrueAsync(
        async () => await server.MetricAsync("chat_nodes_live") == others && await server.MetricAsync("chat_nodes_lease") == 1, $"the server knows {others} others", () => server.Output);
}
