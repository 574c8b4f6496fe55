using System.Globalization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Tests.Notifications.Due;

/// <summary>On a real Redis Cluster of three: each script's keys are on one of them.</summary>
public sealed class RedisClusterDueStoreTests(RedisClusterDueStoreTests.Cluster cluster)
    : DueStoreContract, IClassFixture<RedisClusterDueStoreTests.Cluster>, IAsyncLifetime
{
    private static readonly PushTimes Times = PushTimes.Of(new PushOptions(), new DeliveryOptions(), hasOthers: true);
    private static readonly DueItem[] ManyItems = [.. Enumerable.Range(0, 60).Select(n => Item(World.Device($"user{n}"), World.Direct("alice", "bob"), 5, 10))];

    private readonly TestMeters _meters = new();
    private RedisClient? _redis;

    private protected override IDueStore Store => field ??= Open();

    private protected override TimeSpan ShortLease => TimeSpan.FromMilliseconds(100);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_queues_are_on_several_servers()
    {
        await AddAsync(ManyItems);

        var keys = await Task.WhenAll(cluster.Servers.Select(async server => int.Parse(await server.CommandAsync("dbsize"), CultureInfo.InvariantCulture)));
        Assert.True(keys.Count(count => count > 0) > 1, string.Join(' ', keys));
        Assert.Equal(ManyItems.Length, (await Store.SummariseAsync(PushKind.Fcm, Ct)).Devices);
    }

    [Fact]
    public async Task A_server_that_loses_everything_has_all_looked_at_again()
    {
        var (one, other) = (Open(), Open());
        Assert.Equal(Rebuild.Begun, await one.TryRebuildAsync(Lease, Ct));
        await one.MarkWholeAsync(Ct);
        Assert.Equal(Rebuild.None, await other.TryRebuildAsync(Lease, Ct));
        await AddAsync(ManyItems);

        await (await ServerWithKeysAsync()).CommandAsync("FLUSHALL");

        Assert.Equal(Rebuild.Begun, await other.TryRebuildAsync(Lease, Ct));
        Assert.Equal(Rebuild.None, await one.TryRebuildAsync(Lease, Ct));
        await AddAsync(ManyItems);
        await other.MarkWholeAsync(Ct);
        Assert.Equal(Rebuild.None, await one.TryRebuildAsync(Lease, Ct));
        Assert.Equal(ManyItems.Length, (await Store.ClaimAsync(PushKind.Fcm, 100, Lease, Ct)).Count);
    }

    [Fact]
    public async Task What_is_on_servers_that_answer_is_claimed_though_one_does_not()
    {
        var lease = TimeSpan.FromSeconds(1);
        await AddAsync(ManyItems);
        var silent = await ServerWithKeysAsync();
        var onOthers = ManyItems.Length - await DevicesOnAsync(silent);
        // It holds back all scripts.
        await silent.CommandAsync("client", "pause", "600000", "WRITE");

        var claimed = new HashSet<string>();
        try
        {
            await ClaimToAsync(claimed, lease);
        }
        finally
        {
            await silent.CommandAsync("client", "unpause");
        }
        Assert.Equal(onOthers, claimed.Count);
        await Wait.UntilAsync(
            async () =>
            {
                await ClaimToAsync(claimed, lease);
                return claimed.Count == ManyItems.Length;
            },
            "the rest is claimed");
    }

    private static async Task<int> DevicesOnAsync(RedisServer server)
    {
        var devices = 0;
        for (var shard = 0; shard < 4; shard++)
            devices += int.TryParse(await server.CommandAsync("zcard", $"chat:{{push:{shard}}}:fcm:queue"), CultureInfo.InvariantCulture, out var count) ? count : 0;
        return devices;
    }

    private async Task ClaimToAsync(HashSet<string> claimed, TimeSpan lease)
    {
        try
        {
            claimed.UnionWith((await Store.ClaimAsync(PushKind.Fcm, 100, lease, Ct)).Select(claim => claim.Device.ToString()));
        }
        catch (StoreUnavailableException)
        {
            // Nothing is due on those that answer.
        }
    }

    public async ValueTask InitializeAsync()
    {
        foreach (var server in cluster.Servers)
            await server.CommandAsync("FLUSHALL");
        _redis = new RedisClient(
            Options.Create(new RedisOptions { ConnectionString = $"{cluster.ConnectionString},user=chat,password={Cluster.Password}", CommandTimeoutMs = 500 }), _meters, TimeProvider.System,
            NullLoggerFactory.Instance);
        await _redis.StartingAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
            await _redis.DisposeAsync();
        _meters.Dispose();
    }

    private protected override Task PassAsync(TimeSpan time) => Task.Delay(time, Ct);

    private async Task<RedisServer> ServerWithKeysAsync()
    {
        foreach (var server in cluster.Servers)
        {
            if (await server.CommandAsync("dbsize") != "0")
                return server;
        }
        throw new InvalidOperationException("No server has a key.");
    }

    private RedisDueStore Open() => new(_redis!, Times, TimeProvider.System);

    /// <summary>One for all tests, each of which begins with nothing.</summary>
    public sealed class Cluster : IAsyncLifetime
    {
        public const string Password = "secret";

        private RedisCluster? _cluster;

        public IReadOnlyList<RedisServer> Servers => _cluster!.Servers;

        public string ConnectionString => _cluster!.ConnectionString;

        public async ValueTask InitializeAsync()
        {
            Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);
            _cluster = await RedisCluster.StartAsync($"--user {RedisUser.Documented(Password)}");
        }

        public async ValueTask DisposeAsync()
        {
            if (_cluster is not null)
                await _cluster.DisposeAsync();
        }
    }
}
