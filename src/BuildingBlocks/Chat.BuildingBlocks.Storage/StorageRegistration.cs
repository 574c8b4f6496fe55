using System.Reflection;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Redis;
using Chat.BuildingBlocks.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Chat.BuildingBlocks.Storage;

/// <summary>Registers the stores.</summary>
public static class StorageRegistration
{
    /// <summary>The cluster's database where one is configured, else the embedded one, not both; and Redis where that is configured.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, ModuleContext context) =>
        services.AddDatabase(context).AddRedis(context);

    /// <summary>
    /// Opens the stores for a program that does not start the host. With the embedded stores the data directory is this process's from here on.
    /// </summary>
    /// <exception cref="StorageException">A store cannot be opened.</exception>
    public static async Task OpenStoresAsync(this IServiceProvider provider, CancellationToken ct = default)
    {
        provider.GetServices<IBackedUp>();
        if (provider.GetService<CqlDatabase>() is { } database)
            await database.StartingAsync(ct);
    }

    /// <summary>A module's tables in the embedded database: the SQL files that <paramref name="assembly"/> embeds below a folder <c>migrations</c>.</summary>
    public static IServiceCollection AddSqliteTables(this IServiceCollection services, string module, Assembly assembly) =>
        services.AddSingleton(new SqliteMigrations(module, assembly));

    /// <summary>A module's tables in the cluster's database: the CQL files that <paramref name="assembly"/> embeds below a folder <c>cql</c>.</summary>
    public static IServiceCollection AddCqlTables(this IServiceCollection services, string module, Assembly assembly) =>
        services.AddSingleton(new CqlMigrations(module, assembly));

    /// <summary>A port's adapter: that of the cluster's database if one is configured, else the embedded one.</summary>
    public static IServiceCollection AddStore<TPort, TEmbedded, TCql>(this IServiceCollection services, ModuleContext context)
        where TPort : class where TEmbedded : class, TPort where TCql : class, TPort =>
        context.UsesCql() ? services.AddSingleton<TPort, TCql>() : services.AddSingleton<TPort, TEmbedded>();

    /// <summary>Whether <see cref="RedisOptions.ConnectionString"/> is set.</summary>
    public static bool UsesRedis(this ModuleContext context) => !string.IsNullOrWhiteSpace(context.Configuration["Redis:ConnectionString"]);

    /// <summary>Whether <see cref="CqlOptions.ContactPoints"/> is set.</summary>
    public static bool UsesCql(this ModuleContext context) => !string.IsNullOrWhiteSpace(context.Configuration["Cql:ContactPoints"]);

    private static IServiceCollection AddDatabase(this IServiceCollection services, ModuleContext context)
    {
        services.AddModuleOptions<StorageOptions>("Storage").AddModuleOptions<CqlOptions>("Cql");
        if (!context.UsesCql())
            return services
                .AddSingleton<DataDirectory>()
                .AddSingleton<SqliteDatabase>()
                .AddSingleton<IBackedUp>(provider => provider.GetRequiredService<SqliteDatabase>())
                .AddSingleton<IStoreHealth>(provider => provider.GetRequiredService<SqliteDatabase>())
                .AddSingleton<IStoreUpkeep>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.TryAddSingleton<ICqlDriver, OwnCqlDriver>();
        return services
            .AddSingleton<CqlSchema>()
            .AddSingleton<CqlDatabase>()
            .AddSingleton<ICqlSession>(provider => provider.GetRequiredService<CqlDatabase>())
            .AddSingleton<IStoreHealth>(provider => provider.GetRequiredService<CqlDatabase>())
            .AddSingleton<IOpenedAtStart, CqlUnfinishedMove>()
            .AddHostedService(provider => provider.GetRequiredService<CqlDatabase>());
    }

    private static IServiceCollection AddRedis(this IServiceCollection services, ModuleContext context)
    {
        services.AddModuleOptions<RedisOptions>("Redis");
        if (!context.UsesRedis())
            return services;
        services.AddOptions<RedisOptions>().Validate(
            _ => context.UsesCql(),
            "Redis:ConnectionString is set and Cql:ContactPoints is not: servers that Redis connects must share one database. Set Cql:ContactPoints as well, or leave Redis out for a server by itself.");
        return services.AddSingleton<RedisClient>().AddHostedService(provider => provider.GetRequiredService<RedisClient>());
    }
}
