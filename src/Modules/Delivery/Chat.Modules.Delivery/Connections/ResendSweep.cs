using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Periodically sends messages again that live devices did not ack in time.</summary>
internal sealed class ResendSweep(ResendList connections, IOptions<DeliveryOptions> options, TimeProvider clock) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A fifth of the pause: no resend is late by more.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.ResendAfterMs / 5.0), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            connections.Sweep();
    }
}
