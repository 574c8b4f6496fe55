using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>Removes erased contents from the embedded log's files within <see cref="MessagingOptions.EraseWithinMs"/>.</summary>
internal sealed class ErasureSweep(RocksMessageLog log, IOptions<MessagingOptions> options, TimeProvider clock, ILogger<ErasureSweep> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Twice in that time: what is erased just after a sweep began is removed by the next, which takes a while too.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.EraseWithinMs / 2), clock);
        do
        {
            try
            {
                // Not awaited when the server stops: the log interrupts it when it closes.
                if (await Task.Run(log.Erasure.Sweep, CancellationToken.None).WaitAsync(stoppingToken) is var swept and > 0)
                    logger.ErasedSwept(swept);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.ErasureSweepFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
