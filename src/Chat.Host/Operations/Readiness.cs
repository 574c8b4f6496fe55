using Chat.BuildingBlocks.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Chat.Host.Operations;

/// <summary>Whether the node is ready: it has started, is not shutting down, and its stores answer.</summary>
internal sealed class Readiness(IEnumerable<IStoreHealth> stores, IHostApplicationLifetime application, LeavingLifetime lifetime) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!application.ApplicationStarted.IsCancellationRequested)
            return HealthCheckResult.Unhealthy("starting");
        if (lifetime.IsLeaving)
            return HealthCheckResult.Unhealthy("leaving");
        foreach (var store in stores)
            await store.ProbeAsync(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}
