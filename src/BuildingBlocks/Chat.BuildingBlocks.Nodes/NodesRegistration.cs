using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes.Bus;
using Chat.BuildingBlocks.Nodes.Leases;
using Chat.BuildingBlocks.Nodes.Rates;
using Chat.BuildingBlocks.Storage;
using Chat.BuildingBlocks.Storage.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Nodes;

/// <summary>The registration of the nodes and the bus between them.</summary>
public static class NodesRegistration
{
    /// <summary>Over Redis where one is configured, else of a server by itself. After the storage, and before the modules: it starts before them and ends after them.</summary>
    public static IServiceCollection AddNodes(this IServiceCollection services, ModuleContext context)
    {
        services.AddModuleOptions<NodesOptions>("Nodes");
        if (!context.UsesRedis())
            return services.AddSingleton<INodes, EmbeddedNodes>().AddSingleton<IBus, EmbeddedBus>();
        services.AddOptions<NodesOptions>().Validate<IOptions<RedisOptions>>(
            (nodes, redis) => nodes.LeaseMs >= 3 * redis.Value.CommandTimeoutMs, "Nodes:LeaseMs must be three times Redis:CommandTimeoutMs or more.");
        return services
            .AddSingleton<Membership>().AddSingleton<INodes>(provider => provider.GetRequiredService<Membership>())
            .AddSingleton<NodesMetrics>()
            .AddSingleton<NodeObservers>()
            .AddSingleton<BusHandlers>()
            .AddSingleton<RedisBus>().AddSingleton<IBus>(provider => provider.GetRequiredService<RedisBus>())
            .AddSingleton<RedisLeases>()
            .AddSingleton<RedisShards>()
            .AddSingleton<LeaseKeeper>().AddHostedService(provider => provider.GetRequiredService<LeaseKeeper>())
            .AddBusHandler<RateSharing>().AddHostedService(provider => provider.GetRequiredService<RateSharing>());
    }

    /// <summary>The receiver of a topic; one object, whatever else it is registered as.</summary>
    public static IServiceCollection AddBusHandler<THandler>(this IServiceCollection services) where THandler : class, IBusHandler
    {
        services.AddSingletonOnce<THandler>();
        return services.AddSingleton<IBusHandler>(provider => provider.GetRequiredService<THandler>());
    }

    /// <inheritdoc cref="AddBusHandler"/>
    public static IServiceCollection AddNodeObserver<TObserver>(this IServiceCollection services) where TObserver : class, INodeObserver
    {
        services.AddSingletonOnce<TObserver>();
        return services.AddSingleton<INodeObserver>(provider => provider.GetRequiredService<TObserver>());
    }

    private static void AddSingletonOnce<T>(this IServiceCollection services) where T : class
    {
        if (services.All(service => service.ServiceType != typeof(T)))
            services.AddSingleton<T>();
    }
}
