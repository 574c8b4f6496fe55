using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

/// <summary>What only a real server can tell: its hash of keys, and that it and the client understand one another's compressed frames.</summary>
public sealed class CqlServerTests : IClassFixture<CassandraServer>, IDisposable
{
    private static readonly int[] Lengths = [0, 10, 300, 100_000, 140_000, 1_000_000];

    private readonly CassandraServer _server;
    private readonly TestMeters _meters = new();

    public CqlServerTests(CassandraServer server)
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        _server = server;
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_have_the_tokens_that_the_server_gives_them()
    {
        var session = await _server.OpenAsync(ct: Ct);
        await session.ExecuteAsync(new CqlStatement("CREATE TABLE keys (k blob PRIMARY KEY)"), Ct);
        await session.ExecuteAsync(new CqlStatement("CREATE TABLE pairs (a text, b bigint, PRIMARY KEY ((a, b)))"), Ct);
        var random = new Random(7);
        for (var length = 1; length <= 48; length++)
        {
            var key = new byte[length];
            random.NextBytes(key);
            await session.ExecuteAsync(new CqlStatement("INSERT INTO keys (k) VALUES (?)", key), Ct);
        }
        var insert = new CqlStatement("INSERT INTO pairs (b, a) VALUES (?, ?)", -5L, "äöü");
        await session.ExecuteAsync(insert, Ct);

        var rows = (await session.ExecuteAsync(new CqlStatement("SELECT k, token(k) FROM keys"), Ct)).Rows;
        var pair = Assert.Single((await session.ExecuteAsync(new CqlStatement("SELECT token(a, b) FROM pairs"), Ct)).Rows);

        Assert.Equal(48, rows.Count);
        Assert.All(rows, row => Assert.Equal(row.Get<long>(1), Murmur3.Token(row.Get<byte[]>(0))));
        var parameters = new Columns([ColumnType.Of(CqlType.Bigint), ColumnType.Of(CqlType.Varchar)], "ks", "pairs", [1, 0], null, null);
        Assert.Equal(pair.Get<long>(0), RoutingKey.TokenOf(new Prepared(insert.Cql, [], [], parameters, null), insert));
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Compressed_frames_come_and_go_whole(byte version)
    {
        var options = new CqlOptions { ContactPoints = _server.Options.ContactPoints, Keyspace = _server.Options.Keyspace, ReplicationFactor = 1, Compression = true, RequestTimeoutMs = 30_000 };
        await using var session = await CqlSession.ConnectAsync(options, _meters, NullLoggerFactory.Instance, TimeProvider.System, version, Ct);
        await session.ExecuteAsync(new CqlStatement($"CREATE TABLE compressed{version} (k int PRIMARY KEY, t text, b blob)"), Ct);
        var texts = Lengths.Select(length => new string('x', length)).ToArray();
        var noise = new byte[300_000];
        new Random(1).NextBytes(noise);

        for (var i = 0; i < texts.Length; i++)
            await session.ExecuteAsync(new CqlStatement($"INSERT INTO compressed{version} (k, t, b) VALUES (?, ?, ?)", i, texts[i], noise), Ct);
        var rows = await Task.WhenAll(Enumerable.Range(0, texts.Length).Select(async i =>
            (await session.ExecuteAsync(new CqlStatement($"SELECT t, b FROM compressed{version} WHERE k = ?", i), Ct)).Rows[0]));

        Assert.Equal(texts, rows.Select(row => row.Get<string>(0)));
        Assert.All(rows, row => Assert.True(noise.AsSpan().SequenceEqual(row.Get<byte[]>(1))));
    }

    [Fact]
    public async Task A_keyspace_that_is_missing_is_made_and_one_that_is_there_is_used()
    {
        await using var first = await _server.ConnectAsync(Ct);
        await using var second = await _server.ConnectAsync(Ct);

        var rows = (await second.ExecuteAsync(new CqlStatement("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?", _server.Options.Keyspace), Ct)).Rows;

        Assert.Single(rows);
    }

    public void Dispose() => _meters.Dispose();
}
