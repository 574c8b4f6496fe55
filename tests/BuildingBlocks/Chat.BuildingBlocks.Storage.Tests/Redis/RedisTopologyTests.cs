using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Testing;

namespace Chat.BuildingBlocks.Storage.Tests.Redis;

/// <summary>More than one Redis: Sentinels that make a replica the primary, and a cluster of three.</summary>
public sealed class RedisTopologyTests : IDisposable
{
    private readonly TestMeters _meters = new();

    public RedisTopologyTests() => Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);

    [Fact]
    public async Task The_Sentinels_say_which_is_the_primary_and_which_is_after_its_death()
    {
        await using var first = await RedisServer.StartAsync();
        await using var second = await RedisServer.StartAsync($"--replicaof 127.0.0.1 {first.Port}");
        await Wait.UntilAsync(async () => (await second.CommandAsync("info", "replication")).Contains("master_link_status:up", StringComparison.Ordinal), "the replica follows");
        await using var sentinel = await RedisServer.StartSentinelAsync(
            string.Create(CultureInfo.InvariantCulture, $"sentinel monitor chat 127.0.0.1 {first.Port} 1"),
            "sentinel down-after-milliseconds chat 500", "sentinel failover-timeout chat 5000");
        await Wait.UntilAsync(async () => (await sentinel.CommandAsync("sentinel", "replicas", "chat")).Contains($"{second.Port}", StringComparison.Ordinal), "the sentinel knows the replica");
        await using var client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = $"{sentinel.Address},serviceName=chat" }, _meters);
        var before = await client.CountAsync();

        await first.KillAsync();

        await Wait.UntilAsync(() => client.TryCountAsync(), "the new primary counts");
        Assert.Equal(1, before);
        Assert.Contains("role:master", await second.CommandAsync("info", "replication"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_cluster_scripts_and_channels_are_where_their_hash_tags_say()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = cluster.ConnectionString }, _meters);
        var received = new ConcurrentQueue<string>();

        // Spread over all three.
        var subscriptions = new List<IAsyncDisposable>();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(1, await client.CountAsync($"{{{i}}}"));
            subscriptions.Add(await client.SubscribeAsync("test", $"{{{i}}}", message => received.Enqueue(Encoding.UTF8.GetString(message.Span))));
            Assert.Equal(1, await client.PublishAsync("test", $"{{{i}}}", Encoding.UTF8.GetBytes($"{i}")));
        }

        await Wait.UntilAsync(() => received.Count == 20, "all messages have come");
        var keys = await Task.WhenAll(cluster.Servers.Select(server => server.CommandAsync("dbsize")));
        Assert.Equal(20, keys.Sum(count => int.Parse(count, CultureInfo.InvariantCulture)));
        Assert.DoesNotContain("0", keys);
        foreach (var subscription in subscriptions)
            await subscription.DisposeAsync();
    }

    [Fact]
    public async Task On_a_cluster_keys_without_one_hash_tag_are_refused()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var client = await RedisClients.StartAsync(new RedisOptions { ConnectionString = cluster.ConnectionString }, _meters);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => client.RunAsync(RedisClients.Count, [client.KeyOf("a"), client.KeyOf("b")], [1]));
    }

    public void Dispose() => _meters.Dispose();
}
