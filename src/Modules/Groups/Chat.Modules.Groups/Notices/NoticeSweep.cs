using Chat.Modules.Groups.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Groups.Notices;

/// <summary>Appends the notices that were not appended with their changes, as a server died or the log took no writes: at the start, and every <see cref="GroupsOptions.NoticeSweepMs"/>.</summary>
/// <remarks>It begins when all services have started: the log may find at its start that it is older than the rest, and must not have grown before.</remarks>
internal sealed class NoticeSweep(NoticeAppender notices, IGroupStore store, IOptions<GroupsOptions> options, TimeProvider clock, ILogger<NoticeSweep> log)
    : BackgroundService, IHostedLifecycleService
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _started.TrySetResult();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Appends all that are pending now.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        foreach (var group in await store.FindGroupsWithNoticesAsync(ct))
        {
            ct.ThrowIfCancellationRequested();
            await notices.AppendAsync(group);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _started.Task.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.NoticeSweepMs), clock);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.NoticesNotFound(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
