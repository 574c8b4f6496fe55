using Chat.BuildingBlocks.Modules;
using Chat.BuildingBlocks.Storage;
using Chat.Host.Authentication;
using Chat.Host.Http;
using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.InMemory;
using Microsoft.Extensions.Options;

namespace Chat.Host.Operations.Upkeep;

/// <summary>
/// Schedules the jobs (Hangfire, with its state in memory: the schedule is set at each start), and maps the admins' page about them. Messages never pass
/// Hangfire.
/// </summary>
internal static class UpkeepSchedule
{
    // Its pages have styles in their tags.
    private const string DashboardPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static IServiceCollection AddUpkeep(this IServiceCollection services)
    {
        services.AddModuleOptions<BackupOptions>("Backup").AddSingleton<UpkeepJobs>();
        // Registered here, since Hangfire's defaults are static fields, which a second host in the process would share.
        services.AddSingleton<JobStorage>(_ => new InMemoryStorage());
        services.AddSingleton<JobActivator>(provider => new AspNetCoreJobActivator(provider.GetRequiredService<IServiceScopeFactory>()));
        services.AddHangfire((provider, hangfire) => hangfire.UseStorage(provider.GetRequiredService<JobStorage>()));
        services.AddHangfireServer(server =>
        {
            server.WorkerCount = 1;
            server.ShutdownTimeout = TimeSpan.FromSeconds(5);
        });
        return services;
    }

    public static void MapUpkeep(this WebApplication app)
    {
        var jobs = app.Services.GetRequiredService<IRecurringJobManager>();
        jobs.AddOrUpdate<UpkeepJobs>("sweep-tokens", upkeep => upkeep.SweepTokensAsync(CancellationToken.None), Cron.Hourly(17));
        if (app.Services.GetServices<IStoreUpkeep>().Any())
            jobs.AddOrUpdate<UpkeepJobs>("optimise-database", upkeep => upkeep.OptimiseStoresAsync(), Cron.Daily(3, 29));
        if (app.Services.GetRequiredService<IOptions<BackupOptions>>().Value.Directory is not null)
        {
            if (!app.Services.GetServices<IBackedUp>().Any())
                throw new StorageException("Backup:Directory has nothing to copy with Cql:ContactPoints: back up the database with its own tools, and leave it out.");
            jobs.AddOrUpdate<UpkeepJobs>("back-up", upkeep => upkeep.BackUp(), Cron.Daily(3, 41));
        }

        app.MapHangfireDashboard("/ops/jobs", new DashboardOptions
            {
                // The endpoint's policy is asked instead, and nothing can be changed: a browser sends a password with forged requests too.
                Authorization = [],
                IsReadOnlyFunc = _ => true,
                IgnoreAntiforgeryToken = true,
                DashboardTitle = "Chat: jobs",
                AppPath = null,
            })
            .RequireAuthorization(RequestAuthentication.AdminsPolicy)
            .WithMetadata(new ContentPolicy(DashboardPolicy));
    }
}
