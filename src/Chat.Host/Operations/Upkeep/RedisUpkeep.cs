using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Nodes;
using Hangfire;
using Hangfire.Common;

namespace Chat.Host.Operations.Upkeep;

/// <summary>
/// Runs the jobs of servers that a Redis connects: each time of a job on one of them, and again on another one if that was killed meanwhile. Redis may lose
/// everything: each server looks for the schedule every minute, and when it is told of a loss, and sets it again where it is gone.
/// </summary>
internal sealed class RedisUpkeep(
    RedisJobStorage storage, UpkeepSchedule schedule, BackgroundJobServerOptions options, TimeProvider clock, ILogger<RedisUpkeep> log)
    : BackgroundService, INodeObserver
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    private readonly Signal _asked = new();
    private readonly Lock _gate = new();

    // Written under _gate, by one look at a time; null before the first.
    private volatile BackgroundJobServer? _server;

    /// <summary>
    /// A server counts as dead when its last sign of life is 3 minutes old: the clocks of two servers may differ by one. Its job is run by another one within
    /// a minute more. A job that keeps failing is dropped, as its next time comes anyway: Hangfire would keep failed ones for ever.
    /// </summary>
    public static BackgroundJobServerOptions OptionsOf(JobActivator activator, JobOptions jobs) => new()
    {
        Activator = activator,
        FilterProvider = new JobFilterCollection
        {
            new AutomaticRetryAttribute { Attempts = 3, OnAttemptsExceeded = AttemptsExceededAction.Delete }, new StatisticsHistoryAttribute(),
        },
        WorkerCount = jobs.Workers,
        Queues = UpkeepRegistration.JobQueues,
        ShutdownTimeout = TimeSpan.FromSeconds(2),
        HeartbeatInterval = TimeSpan.FromSeconds(30),
        ServerCheckInterval = TimeSpan.FromSeconds(30),
        ServerTimeout = TimeSpan.FromMinutes(3),
    };

    public void LeaseGained(NodeId self) => _asked.Set();

    public void SharedStateLost() => _asked.Set();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                // Hangfire's calls wait for Redis and for its locks on their thread. The end of the server does not wait for them.
                var isSet = await Task.Run(() => Look(stoppingToken), stoppingToken).WaitAsync(stoppingToken);
                using var pause = new CancellationTokenSource(isSet ? LookEvery : RetryPause, clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, pause.Token);
                try
                {
                    await _asked.WaitAsync(either.Token);
                }
                catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
                {
                    // Time to look again.
                }
            }
        }
        finally
        {
            lock (_gate)
                _server?.Dispose();
        }
    }

    /// <returns>False where the schedule may not be there.</returns>
    private bool Look(CancellationToken ct)
    {
        try
        {
            var opened = storage.Opened;
            using (var connection = opened.GetConnection())
            {
                if (_server is not null && connection.GetAllItemsFromSet("recurring-jobs").Count > 0)
                {
                    storage.NoteWorking();
                    return true;
                }
            }
            schedule.Set(new RecurringJobManager(opened));
            lock (_gate)
            {
                if (ct.IsCancellationRequested)
                    return true;
                // Its entry among the servers is gone as well. Without one the others would take its job for that of a dead server.
                _server?.Dispose();
                _server = null;
                _server = new BackgroundJobServer(options, opened);
            }
            return true;
        }
        catch (Exception e) when (storage.Explains(e))
        {
            return false;
        }
        catch (Exception e)
        {
            log.ScheduleNotSet(e);
            return false;
        }
    }
}
