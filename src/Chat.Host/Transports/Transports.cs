using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Modules;
using Chat.Host.Transports.SignalR;
using Chat.Host.Transports.WebSocket;

namespace Chat.Host.Transports;

/// <summary>The live transports, <c>/ws</c> and <c>/hub</c>: one meaning for each frame.</summary>
internal static class Transports
{
    public static IServiceCollection AddTransports(this IServiceCollection services) => services
        .AddModuleOptions<TransportsOptions>("Transports")
        .AddSingleton<TransportsMetrics>()
        .AddSingleton<TimerWheel>()
        .AddSingleton<TransportServices>()
        .AddHub();

    /// <summary>After authentication and authorisation, which refuse before the upgrade.</summary>
    public static void MapTransports(this WebApplication app)
    {
        app.UseWebSockets();
        app.MapWebSocket();
        app.MapHub();
    }
}
