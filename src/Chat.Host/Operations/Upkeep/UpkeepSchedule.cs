using System.Globalization;
using Chat.BuildingBlocks.Storage;
using Hangfire;
using Microsoft.Extensions.Options;

namespace Chat.Host.Operations.Upkeep;

/// <summary>When each job runs, by UTC.</summary>
internal sealed class UpkeepSchedule(
    IEnumerable<IStoreUpkeep> upkept, IEnumerable<IBackedUp> stores, IOptions<BackupOptions> backup, IOptions<JobOptions> options)
{
    /// <exception cref="StorageException">Backups are asked for, and there is nothing to copy.</exception>
    public void Check()
    {
        if (backup.Value.Directory is not null && !stores.Any())
            throw new StorageException("Backup:Directory has nothing to copy with Cql:ContactPoints: back up the database with its own tools, and leave it out.");
    }

    /// <summary>May be called again at any time: a job that is there keeps its next time.</summary>
    public void Set(IRecurringJobManager jobs)
    {
        jobs.AddOrUpdate<UpkeepJobs>("sweep-tokens", upkeep => upkeep.SweepTokensAsync(CancellationToken.None), Cron.Hourly(17));
        jobs.AddOrUpdate<UpkeepJobs>("collect-media", upkeep => upkeep.CollectMediaAsync(CancellationToken.None),
            string.Create(CultureInfo.InvariantCulture, $"*/{options.Value.CollectMediaMinutes} * * * *"));
        jobs.AddOrUpdate<UpkeepJobs>("sweep-expired", upkeep => upkeep.SweepExpiredAsync(CancellationToken.None),
            string.Create(CultureInfo.InvariantCulture, $"*/{options.Value.SweepExpiredMinutes} * * * *"));
        if (upkept.Any())
            jobs.AddOrUpdate<UpkeepJobs>("optimise-database", upkeep => upkeep.OptimiseStoresAsync(), Cron.Daily(3, 29));
        if (backup.Value.Directory is not null)
            jobs.AddOrUpdate<UpkeepJobs>("back-up", upkeep => upkeep.BackUp(), Cron.Daily(3, 41));
    }
}
