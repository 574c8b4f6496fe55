using Chat.BuildingBlocks.Jobs;
using Hangfire;
using Microsoft.Extensions.Options;

namespace Chat.Host.Operations.Upkeep;

/// <summary>The modules' jobs, as Hangfire calls them. Its name and its method are stored: they stay as they are.</summary>
internal sealed class ModuleJobs(IEnumerable<IJob> jobs)
{
    /// <summary>Upkeep goes before these.</summary>
    public const string Queue = "files";

    [AutomaticRetry(Attempts = 3, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
    public Task RunAsync(string job, string about, CancellationToken ct) =>
        // One of another version of the server is left to that.
        jobs.FirstOrDefault(one => one.Name == job)?.RunAsync(about, ct) ?? Task.CompletedTask;
}

/// <summary>Puts the modules' jobs into Hangfire.</summary>
internal sealed class HangfireJobs(IBackgroundJobClient client, JobStorage storage, IOptions<JobOptions> options, ILogger<HangfireJobs> log) : IJobs
{
    // Hangfire's calls wait on their thread.
    public Task<bool> TryEnqueueAsync(string job, string about, TimeSpan delay, CancellationToken ct) => Task.Run(() => TryEnqueue(job, about, delay), ct);

    private bool TryEnqueue(string job, string about, TimeSpan delay)
    {
        try
        {
            var monitoring = storage.GetMonitoringApi();
            if (monitoring.EnqueuedCount(ModuleJobs.Queue) + monitoring.ScheduledCount() >= options.Value.MaxWaiting)
            {
                log.JobNotTaken(job, "too many wait");
                return false;
            }
            if (delay > TimeSpan.Zero)
                client.Schedule<ModuleJobs>(ModuleJobs.Queue, jobs => jobs.RunAsync(job, about, CancellationToken.None), delay);
            else
                client.Enqueue<ModuleJobs>(ModuleJobs.Queue, jobs => jobs.RunAsync(job, about, CancellationToken.None));
            return true;
        }
        catch (Exception e) when (RedisJobStorage.IsUnavailable(e) || e is BackgroundJobClientException)
        {
            log.JobNotTaken(job, "their store is away");
            return false;
        }
    }
}
