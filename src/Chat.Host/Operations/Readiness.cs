using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Chat.Host.Operations;

/// <summary>Whether the node wants new work: from its start to the first word of its end, while its store answers.</summary>
internal sealed class Readiness(SqliteDatabase database, IHostApplicationLifetime application, DrainingLifetime drain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!application.ApplicationStarted.IsCancellationRequested)
            return Task.FromResult(HealthCheckResult.Unhealthy("starting"));
        if (drain.IsLeaving)
            return Task.FromResult(HealthCheckResult.Unhealthy("leaving"));
        database.Read(reader => reader.ExecuteScalar<long>("SELECT 1"));
        return Task.FromResult(HealthCheckResult.Healthy());
    }
}
