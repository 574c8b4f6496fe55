using Chat.Testing;

namespace Chat.EndToEnd.Tests.Running;

/// <summary>Three servers of one database, connected by a Redis of their own; started by the first test that needs them.</summary>
public sealed class SeveralServers : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-e2e-servers-").FullName;
    private RedisServer? _redis;

    internal IReadOnlyList<ServerProcess> Servers { get; private set; } = [];

    internal RedisServer Redis => _redis ?? throw new InvalidOperationException("The servers were not started.");

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Servers)
            await server.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <param name="more">Further settings of each server.</param>
    internal async Task StartAsync(Func<IReadOnlyDictionary<string, string>>? more = null)
    {
        if (_redis is not null)
            return;
        _redis = await RedisServer.StartAsync();
        var settings = Settings.OfSeveralServers(Database.NewCluster(_folder), _redis.Address);
        Servers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ServerProcess.StartAsync(
            more is null ? settings : settings.Concat(more()).ToDictionary(setting => setting.Key, setting => setting.Value))));
    }
}
