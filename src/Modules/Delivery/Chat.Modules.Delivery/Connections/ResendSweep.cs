using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Goes over the connections for messages that a live device does not ack.</summary>
internal sealed class ResendSweep(ConnectionTable connections, IOptions<DeliveryOptions> options, TimeProvider clock) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A fifth of the pause: no resend is late by more.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.ResendAfterMs / 5.0), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var connection in connections.All())
                connection.Sweep();
        }
    }
}
