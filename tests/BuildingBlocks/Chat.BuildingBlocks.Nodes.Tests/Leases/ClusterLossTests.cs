using Chat.BuildingBlocks.Nodes.Tests.Running;
using Chat.Testing;

namespace Chat.BuildingBlocks.Nodes.Tests.Leases;

/// <summary>A Redis Cluster, one shard of which loses what it had.</summary>
public sealed class ClusterLossTests
{
    public ClusterLossTests() => Assert.SkipWhen(RedisServer.IsMissing, RedisServer.Missing);

    [Fact]
    public async Task Whichever_shard_loses_all_the_nodes_are_told_to_register_again()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var node = await TestNode.StartAsync(cluster.ConnectionString, TimeProvider.System, TestNode.Lease(3_000));

        foreach (var shard in cluster.Servers)
        {
            var before = Losses(node);
            await shard.CommandAsync("flushall");
            await Wait.UntilAsync(() => Losses(node) > before, "the loss is told");

            before = Losses(node);
            await shard.KillAsync();
            await shard.StartAgainAsync();
            await Wait.UntilAsync(() => Losses(node) > before, "the empty restart is told");
        }
    }

    // A node that loses its lease meanwhile registers all when it has one again.
    private static int Losses(TestNode node) => node.Told.Count(told => told is "state lost" or "gained");
}
