using System.Globalization;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;
using Chat.Testing;
using static Chat.BuildingBlocks.Storage.Tests.Cql.Fakes.Statements;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>Which node, and which of its cores, a statement goes to, and how the session learns of changes.</summary>
public sealed class CqlTopologyTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_statement_goes_to_the_node_that_has_its_partition()
    {
        await using var cluster = new FakeCluster(nodes: 3);
        var session = await cluster.ConnectAsync();

        for (var n = 0; n < 60; n++)
            await session.ExecuteAsync(Select($"{n}"), Ct);
        await session.ExecuteBatchAsync([Select("batch"), Select("other")], Ct);

        foreach (var node in cluster.Nodes)
        {
            Assert.NotEmpty(node.Statements);
            Assert.All(node.Statements, request => Assert.Same(node, OwnerOf(cluster, Murmur3.Token(request.Values[0]))));
        }
    }

    [Fact]
    public async Task The_copies_of_a_partition_share_its_reads_and_one_takes_its_conditions()
    {
        await using var cluster = new FakeCluster(nodes: 3) { Copies = 2 };
        foreach (var node in cluster.Nodes)
            node.OnStatement = request => Task.FromResult(FakeReply.Text(TextOf(request)));
        var session = await cluster.ConnectAsync();
        var owner = OwnerOf(cluster, Murmur3.Token("key"u8));

        for (var n = 0; n < 20; n++)
            await session.ExecuteAsync(Select("key"), Ct);
        var readers = cluster.Nodes.Count(node => node.Statements.Count > 0);
        var before = owner.Statements.Count;
        for (var n = 0; n < 20; n++)
            await session.ExecuteAsync(Insert("key"), Ct);

        Assert.Equal(2, readers);
        Assert.Equal(before + 20, owner.Statements.Count);
    }

    [Fact]
    public async Task A_new_node_is_found_when_the_cluster_tells_of_it()
    {
        await using var cluster = new FakeCluster();
        var session = await cluster.ConnectAsync();
        var added = cluster.Add();
        added.Tokens = [0];

        await cluster[0].SendEventAsync("TOPOLOGY_CHANGE", "NEW_NODE");

        await Wait.UntilAsync(async () =>
        {
            await session.ExecuteAsync(Select($"{Random.Shared.Next()}"), Ct);
            return added.Statements.Count > 0;
        }, "the new node is asked");
    }

    [Fact]
    public async Task The_cluster_is_watched_through_another_node_when_the_first_goes()
    {
        await using var cluster = new FakeCluster(nodes: 2) { Copies = 2 };
        var session = await cluster.ConnectAsync();
        cluster[0].OnRequest = _ => FakeReply.Drop;
        cluster[0].DropConnections();

        await Wait.UntilAsync(() => cluster[1].Requests.Any(request => request.Opcode == Opcode.Register), "the other node is asked for events");
        var added = cluster.Add();
        added.Tokens = [0];
        await Wait.UntilAsync(async () =>
        {
            await cluster[1].SendEventAsync("TOPOLOGY_CHANGE", "NEW_NODE");
            await session.ExecuteAsync(Select($"{Random.Shared.Next()}"), Ct);
            return added.Statements.Count > 0;
        }, "the new node is asked");
    }

    [Fact]
    public async Task A_node_of_another_data_centre_is_not_asked()
    {
        await using var cluster = new FakeCluster(nodes: 2) { Copies = 2 };
        cluster[1].Datacenter = "dc2";
        var session = await cluster.ConnectAsync();

        for (var n = 0; n < 20; n++)
            await session.ExecuteAsync(Select($"{n}"), Ct);

        Assert.Empty(cluster[1].Requests);
    }

    [Fact]
    public async Task On_a_node_with_shards_each_has_its_connection_and_gets_its_partitions()
    {
        const int shards = 4;
        await using var cluster = new FakeCluster(version: 4);

        // A server that deals connections out in turn, and another shard's connections among them.
        cluster[0].Options = connection => new Dictionary<string, string>
        {
            ["SCYLLA_SHARD"] = (connection % shards).ToString(CultureInfo.InvariantCulture),
            ["SCYLLA_NR_SHARDS"] = shards.ToString(CultureInfo.InvariantCulture),
            ["SCYLLA_SHARDING_IGNORE_MSB"] = "12",
        };
        var session = await cluster.ConnectAsync();
        await Wait.UntilAsync(() => cluster[0].Requests.Where(request => request.Cql.StartsWith("USE", StringComparison.Ordinal)).Select(request => request.Connection % shards).Distinct().Count() == shards,
            "every shard has a connection");

        // The last of the connections may still be on its way into its place.
        await Wait.UntilAsync(async () =>
        {
            var before = cluster[0].Statements.Count;
            for (var n = 0; n < 40; n++)
                await session.ExecuteAsync(Select($"{n}"), Ct);
            return cluster[0].Statements.Skip(before).All(request => request.Connection % shards == ShardOf(Murmur3.Token(request.Values[0]), shards, 12));
        }, "every statement goes to its shard");
    }

    [Fact]
    public async Task A_shard_is_reached_by_the_port_that_is_for_it()
    {
        const int shards = 3;
        await using var cluster = new FakeCluster(version: 4);
        cluster[0].Options = connection => new Dictionary<string, string>
        {
            ["SCYLLA_SHARD"] = (connection < 3 ? 0 : cluster[0].ClientPorts[connection] % shards).ToString(CultureInfo.InvariantCulture),
            ["SCYLLA_NR_SHARDS"] = shards.ToString(CultureInfo.InvariantCulture),
            ["SCYLLA_SHARDING_IGNORE_MSB"] = "0",
            ["SCYLLA_SHARD_AWARE_PORT"] = cluster[0].Address.Port.ToString(CultureInfo.InvariantCulture),
        };

        await cluster.ConnectAsync();

        // The first is refused v5, the second for the session's questions, the third by chance to shard 0; then one for each of the others.
        await Wait.UntilAsync(() => cluster[0].Requests.Count(request => request.Cql.StartsWith("USE", StringComparison.Ordinal)) == shards, "every shard is connected to");
        Assert.Equal([1, 2], cluster[0].ClientPorts.Where(pair => pair.Key >= 3).Select(pair => pair.Value % shards).Order());
    }

    [Theory]
    [InlineData(CqlConsistency.LocalQuorum, 0x0006, 0x0009)]
    [InlineData(CqlConsistency.Quorum, 0x0004, 0x0008)]
    [InlineData(CqlConsistency.All, 0x0005, 0x0008)]
    public async Task Every_statement_has_the_sessions_consistency_and_consensus_the_one_that_matches(CqlConsistency consistency, int plain, int serial)
    {
        await using var cluster = new FakeCluster();
        var session = await cluster.ConnectAsync(contact => new CqlOptions { ContactPoints = contact, Keyspace = "ks", Consistency = consistency });

        await session.ExecuteAsync(Insert("a"), Ct);
        await session.ExecuteBatchAsync([Insert("a")], Ct);
        await session.ExecuteAsync(new CqlStatement("SELECT c FROM t WHERE p = ?", "a") { Linearizable = true }, Ct);

        var seen = cluster[0].Statements;
        Assert.Equal([plain, plain, serial], seen.Select(request => request.Consistency));
        Assert.All(seen, request => Assert.Equal(serial, request.Body[^2] << 8 | request.Body[^1]));
    }

    private static FakeNode OwnerOf(FakeCluster cluster, long token) =>
        cluster.Nodes.OrderBy(node => node.Tokens[0]).FirstOrDefault(node => node.Tokens[0] >= token) ?? cluster.Nodes.MinBy(node => node.Tokens[0])!;

    // ScyllaDB's own words: the biased token, its ignored bits shifted out, as a fraction of all shards.
    private static int ShardOf(long token, int shards, int ignored) =>
        (int)(new System.Numerics.BigInteger(unchecked(((ulong)token + (1UL << 63)) << ignored)) * shards >> 64);
}
