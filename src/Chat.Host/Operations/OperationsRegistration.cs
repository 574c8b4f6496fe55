using Chat.BuildingBlocks.Modules;
using Chat.Host.Operations.Upkeep;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Chat.Host.Operations;

/// <summary>Logs, health checks, metrics, the API's description, upkeep.</summary>
internal static class OperationsRegistration
{
    public static WebApplicationBuilder AddOperations(this WebApplicationBuilder builder, ModuleContext context)
    {
        builder.AddLogging();
        builder.Services
            .AddModuleOptions<OperationsOptions>("Operations")
            .AddSingleton<LeavingLifetime>().AddSingleton<IHostLifetime>(provider => provider.GetRequiredService<LeavingLifetime>())
            .AddSingleton<ClockWatch>().AddHostedService(provider => provider.GetRequiredService<ClockWatch>())
            .AddChatMetrics()
            .AddApiDescription()
            .AddUpkeep(context);
        builder.Services.AddHealthChecks().AddCheck<Readiness>("ready");
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<OperationsOptions>>(
            (host, operations) => host.ShutdownTimeout = operations.Value.ShutdownTimeout);
        return builder;
    }

    public static void MapOperations(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready").AllowAnonymous();
        app.MapPrometheusScrapingEndpoint("/metrics").AllowAnonymous();
        app.MapUpkeep();
        app.MapApiDescription();
    }
}
