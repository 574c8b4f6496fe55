using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.BuildingBlocks.Storage.Cql.Client;
using Chat.BuildingBlocks.Storage.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>The stores of <c>Chat.Host migrate</c>: the embedded ones and the cluster's, side by side. No server has both.</summary>
public static class MoveRegistration
{
    public static IServiceCollection AddMove(this IServiceCollection services)
    {
        services.AddModuleOptions<StorageOptions>("Storage").AddModuleOptions<CqlOptions>("Cql");
        services.TryAddSingleton<ICqlDriver, OwnCqlDriver>();
        return services
            .AddSingleton(provider => OpenFolder(provider.GetRequiredService<IOptions<StorageOptions>>()))
            .AddSingleton<SqliteDatabase>()
            .AddSingleton<CqlSchema>()
            .AddSingleton<CqlDatabase>()
            .AddSingleton<ICqlSession>(provider => provider.GetRequiredService<CqlDatabase>())
            .AddSingleton<StoreMove>()
            .AddSingleton<MoveReturn>();
    }

    /// <summary>A table of the module's. They are copied in the order of their registration.</summary>
    public static IServiceCollection AddMovedTable<T>(this IServiceCollection services) where T : MovedTable => services.AddSingleton<MovedTable, T>();

    public static IServiceCollection AddMoveStep<T>(this IServiceCollection services) where T : class, IMoveStep => services.AddSingleton<IMoveStep, T>();

    /// <summary>Connects the cluster's database; the folder is opened, and locked, first.</summary>
    /// <exception cref="StorageException">One of them cannot be used.</exception>
    public static async Task<StoreMove> OpenMoveAsync(this IServiceProvider provider, CancellationToken ct = default)
    {
        if (string.IsNullOrWhiteSpace(provider.GetRequiredService<IConfiguration>()["Cql:ContactPoints"]))
            throw new StorageException("Cql:ContactPoints must name the cluster that the data is moved to.");
        provider.GetRequiredService<SqliteDatabase>();
        await provider.GetRequiredService<CqlDatabase>().StartingAsync(ct);
        return provider.GetRequiredService<StoreMove>();
    }

    private static DataDirectory OpenFolder(IOptions<StorageOptions> options)
    {
        var path = Path.GetFullPath(options.Value.DataDirectory);
        return File.Exists(Path.Combine(path, "chat.db"))
            ? DataDirectory.OpenToMove(options)
            : throw new StorageException($"The data directory '{path}' holds no server's data. Set Storage:DataDirectory to the folder of the server that is to be moved.");
    }
}
