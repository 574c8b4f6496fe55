using System.Globalization;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.BuildingBlocks.Storage.Tests.Cql.Fakes;

/// <summary>Nodes that know of one another, and a session on them. Keyspace <c>ks</c>, one copy, data centre <c>dc1</c>.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly List<FakeNode> _nodes = [];
    private CqlSession? _session;

    /// <param name="nodes">To begin with; their tokens divide the ring evenly.</param>
    /// <param name="version">The newest that they speak.</param>
    public FakeCluster(int nodes = 1, int version = 5)
    {
        Version = version;
        for (var i = 0; i < nodes; i++)
            Add().Tokens = [long.MinValue + (long)(ulong.MaxValue / (ulong)nodes * (ulong)(i + 1))];
    }

    public int Version { get; }

    public TestMeters Meters { get; } = new();

    public int Copies { get; set; } = 1;

    public FakeNode this[int node] => _nodes[node];

    public IReadOnlyList<FakeNode> Nodes => _nodes;

    /// <summary>Joins the cluster; nobody is told.</summary>
    public FakeNode Add()
    {
        var node = new FakeNode(this, new Guid(_nodes.Count + 1, 0, 0, new byte[8]));
        lock (_nodes)
            _nodes.Add(node);
        return node;
    }

    /// <summary>The session, ended with the cluster.</summary>
    public async Task<CqlSession> ConnectAsync(Func<string, CqlOptions>? options = null, TimeProvider? clock = null) =>
        _session = await CqlSession.ConnectAsync((options ?? Usual)(_nodes[0].Address.ToString()), Meters, NullLoggerFactory.Instance,
            clock ?? TimeProvider.System, TestContext.Current.CancellationToken);

    public static CqlOptions Usual(string contactPoints) => new() { ContactPoints = contactPoints, Keyspace = "ks", RequestTimeoutMs = 20_000 };

    public FakeReply AnswerSystem(FakeNode asked, string cql)
    {
        lock (_nodes)
        {
            if (cql.Contains("schema_version", StringComparison.Ordinal))
                return FakeReply.Rows([CqlType.Uuid, CqlType.Uuid], [.. (cql.Contains("peers", StringComparison.Ordinal) ? _nodes.Where(node => node != asked) : [asked])
                    .Select(node => new Wire().Value(node.HostId).Value(Guid.Empty).Bytes)]);
            if (cql.Contains("system.local", StringComparison.Ordinal))
                return FakeReply.Rows([CqlType.Uuid, CqlType.Varchar, CqlType.Varchar, CqlType.Set, CqlType.Varchar],
                    Place(asked).Value("org.apache.cassandra.dht.Murmur3Partitioner").Bytes);
            if (cql.Contains("system.peers_v2", StringComparison.Ordinal))
                return FakeReply.Rows([CqlType.Uuid, CqlType.Varchar, CqlType.Varchar, CqlType.Set, CqlType.Inet, CqlType.Inet, CqlType.Int],
                    [.. _nodes.Where(node => node != asked).Select(node => Place(node)
                        .Value(node.Address.Address.GetAddressBytes()).Value(node.Address.Address.GetAddressBytes()).Value(node.Address.Port).Bytes)]);
            if (cql.Contains("system_schema.keyspaces", StringComparison.Ordinal))
                return FakeReply.Rows([CqlType.Map], new Wire().Value(new Wire().Int(2)
                    .Value("class").Value("org.apache.cassandra.locator.NetworkTopologyStrategy").Value("dc1").Value(Copies.ToString(CultureInfo.InvariantCulture)).Bytes).Bytes);
            return FakeReply.Void;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
            await _session.DisposeAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        Meters.Dispose();
    }

    private static Wire Place(FakeNode node)
    {
        var tokens = new Wire().Int(node.Tokens.Length);
        foreach (var token in node.Tokens)
            tokens.Value(token.ToString(CultureInfo.InvariantCulture));
        return new Wire().Value(node.HostId).Value(node.Datacenter).Value("rack1").Value(tokens.Bytes);
    }
}
