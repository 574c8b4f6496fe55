using System.Security.Cryptography;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chat.Bench.Servers;

/// <summary>Hosts of one build that are one server, with a Redis and a keyspace of their own. All of it is gone with this object.</summary>
internal sealed class ServerCluster : IAsyncDisposable
{
    private readonly CqlOptions database;
    private readonly SigningKeyFile key = new();
    private readonly List<Server> servers = [];

    private ServerCluster(string name, CqlOptions database, ICqlSession session, RedisProcess redis) =>
        (Name, this.database, Session, Redis) = (name, database, session, redis);

    public string Name { get; }
    public IReadOnlyList<Server> Servers => servers;
    public RedisProcess Redis { get; }
    public ICqlSession Session { get; }

    /// <summary>Returns when the hosts know one another.</summary>
    public static async Task<ServerCluster> StartAsync(string name, string host, int count, string contactPoints, string redisServer, CancellationToken ct)
    {
        var database = new CqlOptions
        {
            ContactPoints = contactPoints,
            Keyspace = $"chat_nodes_{RandomNumberGenerator.GetHexString(12, lowercase: true)}",
            ReplicationFactor = 1,
            RequestTimeoutMs = 60_000,
        };
        var redis = await RedisProcess.StartAsync(redisServer);
        ICqlSession session;
        try
        {
            session = await CqlSession.ConnectAsync(database, new NoMeters(), NullLoggerFactory.Instance, TimeProvider.System, ct);
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }

        var cluster = new ServerCluster(name, database, session, redis);
        try
        {
            // The first makes the tables.
            await cluster.AddAsync(host, ct);
            await Task.WhenAll(Enumerable.Range(1, count - 1).Select(_ => cluster.AddAsync(host, ct)));
            foreach (var server in cluster.servers)
            {
                while (await server.MetricAsync("chat_nodes_live", ct) != count - 1)
                    await Task.Delay(100, ct);
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Over all hosts; see <see cref="Server.MetricAsync"/>.</summary>
    public async Task<double> MetricAsync(string name, CancellationToken ct) =>
        (await Task.WhenAll(servers.Select(server => server.MetricAsync(name, ct)))).Sum();

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(servers.Select(server => server.DisposeAsync().AsTask()));
        await Redis.DisposeAsync();
        await Session.ExecuteAsync(new CqlStatement($"DROP KEYSPACE {database.Keyspace}"), CancellationToken.None);
        await Session.DisposeAsync();
        key.Dispose();
    }

    private async Task AddAsync(string host, CancellationToken ct)
    {
        var server = await Server.StartHostAsync(host, ct, Name, start =>
        {
            start.Environment["Cql__ContactPoints"] = database.ContactPoints;
            start.Environment["Cql__ReplicationFactor"] = "1";
            start.Environment["Cql__Keyspace"] = database.Keyspace;
            start.Environment["Redis__ConnectionString"] = Redis.Address;
            start.Environment["Auth__SigningKeyFile"] = key.Path;
            start.Environment["Media__Folder"] = $"{key.Path}.media";
        }, key);
        lock (servers)
            servers.Add(server);
    }
}
