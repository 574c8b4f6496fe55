using Chat.BuildingBlocks.Http;
using Chat.BuildingBlocks.Jobs;
using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage;
using Chat.Host.Http;
using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.InMemory;
using Hangfire.States;
using Microsoft.Extensions.Options;

namespace Chat.Host.Operations.Upkeep;

/// <summary>
/// The jobs (Hangfire), and the admins' page about them. A server by itself has their state in memory, and sets the schedule at each start. Servers that a
/// Redis connects have it there. Messages never pass Hangfire.
/// </summary>
internal static class UpkeepRegistration
{
    // Its pages have styles in their tags.
    private const string DashboardPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>In the order in which workers look.</summary>
    public static readonly string[] JobQueues = [EnqueuedState.DefaultQueue, ModuleJobs.Queue];

    public static IServiceCollection AddUpkeep(this IServiceCollection services, ModuleContext context)
    {
        services.AddModuleOptions<BackupOptions>("Backup").AddModuleOptions<JobOptions>("Jobs")
            .AddSingleton<UpkeepJobs>().AddSingleton<UpkeepSchedule>().AddSingleton<ModuleJobs>().AddSingleton<IJobs, HangfireJobs>();
        // Registered here, since Hangfire's defaults are static fields, which a second host in the process would share.
        services.AddSingleton<JobActivator>(provider => new AspNetCoreJobActivator(provider.GetRequiredService<IServiceScopeFactory>()));
        services.AddHangfire((provider, hangfire) => hangfire.UseStorage(provider.GetRequiredService<JobStorage>()));
        if (context.UsesRedis())
        {
            return services
                .AddSingleton<RedisJobStorage>().AddSingleton<JobStorage>(provider => provider.GetRequiredService<RedisJobStorage>())
                .AddSingleton(provider => RedisUpkeep.OptionsOf(provider.GetRequiredService<JobActivator>(), provider.GetRequiredService<IOptions<JobOptions>>().Value))
                .AddNodeObserver<RedisUpkeep>().AddHostedService(provider => provider.GetRequiredService<RedisUpkeep>());
        }
        // Jobs that have run are shown for a while.
        services.AddSingleton<JobStorage>(_ => new InMemoryStorage(new InMemoryStorageOptions { MaxExpirationTime = TimeSpan.FromMinutes(15) }));
        services.AddHangfireServer((provider, server) =>
        {
            server.WorkerCount = provider.GetRequiredService<IOptions<JobOptions>>().Value.Workers;
            server.Queues = JobQueues;
            server.ShutdownTimeout = TimeSpan.FromSeconds(5);
        });
        return services;
    }

    public static void MapUpkeep(this WebApplication app)
    {
        var schedule = app.Services.GetRequiredService<UpkeepSchedule>();
        schedule.Check();
        if (app.Services.GetService<RedisUpkeep>() is null)
            schedule.Set(app.Services.GetRequiredService<IRecurringJobManager>());

        app.MapHangfireDashboard("/ops/jobs", new DashboardOptions
            {
                // The endpoint's policy is asked instead, and nothing can be changed: a browser sends a password with forged requests too.
                Authorization = [],
                IsReadOnlyFunc = _ => true,
                IgnoreAntiforgeryToken = true,
                DashboardTitle = "Chat: jobs",
                AppPath = null,
            })
            .RequireAuthorization(AdminsPolicy.Name)
            .WithMetadata(new ContentPolicy(DashboardPolicy));
    }
}
