using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Chat.Host.Operations;

/// <summary>Whether the node wants new work: from its start to the first word of its end, while its store answers.</summary>
internal sealed class Readiness(SqliteDatabase database, IHostApplicationLifetime lifetime) : IHealthCheck, IHostedLifecycleService
{
    private volatile bool _leaving;

    public bool IsLeaving => _leaving || lifetime.ApplicationStopping.IsCancellationRequested;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!lifetime.ApplicationStarted.IsCancellationRequested)
            return Task.FromResult(HealthCheckResult.Unhealthy("starting"));
        if (IsLeaving)
            return Task.FromResult(HealthCheckResult.Unhealthy("leaving"));
        database.Read(reader => reader.ExecuteScalar<long>("SELECT 1"));
        return Task.FromResult(HealthCheckResult.Healthy());
    }

    // Registered first, so that readiness is off before the drain begins.
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _leaving = true;
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
