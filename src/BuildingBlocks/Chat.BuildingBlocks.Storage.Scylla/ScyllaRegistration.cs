using Chat.BuildingBlocks.Storage.Cql;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.BuildingBlocks.Storage.Scylla;

public static class ScyllaRegistration
{
    /// <summary>ScyllaDB's own driver in the place of the server's client; before <c>AddStorage</c>.</summary>
    public static IServiceCollection AddScyllaDriver(this IServiceCollection services) => services.AddSingleton<ICqlDriver, ScyllaDriver>();
}
