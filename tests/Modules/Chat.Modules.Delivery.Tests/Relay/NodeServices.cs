using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.Modules.Delivery.Relay;
using Chat.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Chat.Modules.Delivery.Tests.Relay;

/// <summary>A node as the host registers it, on a real Redis; without one, of a server by itself.</summary>
internal sealed class NodeServices : IDisposable
{
    /// <summary>Of the user of <see cref="RedisUser.Documented"/>, as whom a node logs in.</summary>
    public const string Password = "secret";

    private readonly TestMeters _meters = new();
    private readonly ServiceProvider _services;
    private bool _isStarted;

    public NodeServices(RedisServer? redis, Func<INodeObserver> observer, Func<IBusHandler> handler)
    {
        Dictionary<string, string?> settings = redis is null
            ? []
            : new() { ["Redis:ConnectionString"] = $"{redis.Address},user=chat,password={Password}", ["Cql:ContactPoints"] = "not used", ["Redis:CommandTimeoutMs"] = "500", ["Nodes:LeaseMs"] = "1500" };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var context = new ModuleContext(configuration);
        _services = new ServiceCollection()
            .AddLogging().AddSingleton<IConfiguration>(configuration).AddSingleton<IMeterFactory>(_meters).AddSingleton(TimeProvider.System)
            .AddStorage(context).AddNodes(context)
            .AddSingleton(_ => observer()).AddSingleton(_ => handler())
            .BuildServiceProvider();
        Ports = new NodePorts(Nodes, _services.GetRequiredService<IBus>(), redis is null ? new EmbeddedConnectionRegistry() : new RedisConnectionRegistry(Redis));
    }

    public INodes Nodes => _services.GetRequiredService<INodes>();

    public NodePorts Ports { get; }

    public RedisClient Redis => _services.GetRequiredService<RedisClient>();

    // The database is not one of them.
    private IEnumerable<IHostedService> Services => _services.GetServices<IHostedService>().Where(service => service.GetType().Name is "RedisClient" or "LeaseKeeper");

    public async Task StartAsync()
    {
        _isStarted = true;
        await Redis.StartingAsync(TestContext.Current.CancellationToken);
        foreach (var service in Services)
            await service.StartAsync(TestContext.Current.CancellationToken);
    }

    public async Task KillAsync() => await Redis.DisposeAsync();

    public void Dispose()
    {
        if (_isStarted)
            Task.Run(async () =>
            {
                foreach (var service in Services)
                    await service.StopAsync(CancellationToken.None);
                await Redis.DisposeAsync();
                await _services.DisposeAsync();
            }).GetAwaiter().GetResult();
        _meters.Dispose();
    }
}

/// <summary>What a node is to delivery.</summary>
internal sealed record NodePorts(INodes Nodes, IBus Bus, IConnectionRegistry Registry);
