using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Presence.LastSeen;

/// <summary>Writes the last-seen times every second, and once more after all services stopped, since the shutdown itself ends connections.</summary>
internal sealed class LastSeenFlusher(LastSeenTimes times, TimeProvider clock, ILogger<LastSeenFlusher> log)
    : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await FlushAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops: StoppedAsync writes the rest.
        }
    }

    private async Task FlushAsync(CancellationToken ct)
    {
        try
        {
            await times.FlushAsync(ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LastSeenNotWritten(e);
        }
    }
}
