using System.Reflection;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.BuildingBlocks.Storage;

/// <summary>The embedded stores' registration.</summary>
public static class StorageRegistration
{
    public static IServiceCollection AddStorage(this IServiceCollection services) => services
        .AddModuleOptions<StorageOptions>("Storage")
        .AddSingleton<DataDirectory>()
        .AddSingleton<SqliteDatabase>()
        .AddSingleton<IBackedUp>(provider => provider.GetRequiredService<SqliteDatabase>());

    /// <summary>A module's tables in the embedded database: the SQL files that <paramref name="assembly"/> embeds below a folder <c>migrations</c>.</summary>
    public static IServiceCollection AddSqliteTables(this IServiceCollection services, string module, Assembly assembly) =>
        services.AddSingleton(new SqliteMigrations(module, assembly));
}
