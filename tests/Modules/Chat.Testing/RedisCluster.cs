using System.Globalization;

namespace Chat.Testing;

/// <summary>A Redis Cluster of three primaries without replicas.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16384;

    // What the servers talk over among themselves. Redis's own choice, 10,000 above their ports, may be a port of an outgoing connection.
    private readonly IReadOnlyList<int> _busPorts;

    private RedisCluster(IReadOnlyList<RedisServer> servers, IReadOnlyList<int> busPorts) => (Servers, _busPorts) = (servers, busPorts);

    public IReadOnlyList<RedisServer> Servers { get; }

    public string ConnectionString => string.Join(',', Servers.Select(server => server.Address));

    /// <param name="settings">Of each server, as <see cref="RedisServer.StartAsync(string[])"/> takes them.</param>
    public static async Task<RedisCluster> StartAsync(params string[] settings)
    {
        var servers = new List<RedisServer>();
        var busPorts = Enumerable.Range(0, 3).Select(_ => FreePort.Next()).ToList();
        foreach (var port in busPorts)
        {
            servers.Add(await RedisServer.StartAsync(
                ["--cluster-enabled yes", "--cluster-node-timeout 2000", string.Create(CultureInfo.InvariantCulture, $"--cluster-port {port}"), .. settings]));
        }
        var cluster = new RedisCluster(servers, busPorts);
        try
        {
            await cluster.JoinAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
            await server.DisposeAsync();
    }

    private async Task JoinAsync()
    {
        for (var i = 0; i < Servers.Count; i++)
        {
            var (first, end) = (Slots * i / Servers.Count, Slots * (i + 1) / Servers.Count);
            await Servers[i].CommandAsync("cluster", "addslotsrange", $"{first}", $"{end - 1}");
            await Servers[i].CommandAsync("cluster", "set-config-epoch", $"{i + 1}");
            await Servers[i].CommandAsync(
                "cluster", "meet", "127.0.0.1", Servers[0].Port.ToString(CultureInfo.InvariantCulture), _busPorts[0].ToString(CultureInfo.InvariantCulture));
        }
        foreach (var server in Servers)
            await Wait.UntilAsync(() => KnowsAllAsync(server), "all know the cluster");
    }

    private static async Task<bool> KnowsAllAsync(RedisServer server)
    {
        var info = await server.CommandAsync("cluster", "info");
        return info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains("cluster_known_nodes:3", StringComparison.Ordinal)
            && info.Contains("cluster_size:3", StringComparison.Ordinal);
    }
}
