using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
#if CQL_SCYLLADB
using Chat.BuildingBlocks.Storage.Scylla;
#endif
using Chat.Host.Authentication;
using Chat.Host.Http;
using Chat.Host.Operations;
using Chat.Host.WebClient;
using Chat.Host.Transports;

namespace Chat.Host;

/// <summary>Builds the server.</summary>
internal static class ChatApplication
{
    /// <summary>Registers and maps everything; starts nothing.</summary>
    /// <param name="args">Settings, as the command line has them.</param>
    /// <param name="change">Lets a test replace registrations.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? change = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        var renamed = RenamedSettings.Apply(builder.Configuration);
        var context = new ModuleContext(builder.Configuration);
        builder.AddOperations(context).AddHttpEdge();
#if CQL_SCYLLADB
        builder.Services.AddScyllaDriver();
#endif
        builder.Services.AddSingleton(TimeProvider.System).AddMediation().AddStorage(context).AddNodes(context)
            .AddRequestAuthentication().AddTransports().AddWebClient();
        foreach (var module in ChatModules.All)
            module.AddServices(builder.Services, context);
        change?.Invoke(builder);

        var app = builder.Build();
        foreach (var setting in renamed)
            app.Logger.SettingRenamed(setting.OldName, setting.Name, setting.Value);
        // Opens the embedded stores now, so that one that cannot be opened ends the start. The cluster's database is connected when the host starts.
        app.Services.GetServices<IBackedUp>();
        app.WarnIfOpenToOthers();
        app.UseHttpEdge();
        app.MapOperations();
        app.MapTransports();
        app.MapWebClient();
        foreach (var module in ChatModules.All)
            module.MapEndpoints(app);
        return app;
    }
}
