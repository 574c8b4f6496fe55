using System.Threading.Channels;
using Chat.Modules.Delivery.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Relay;

/// <summary>
/// If this node may have missed something, all its connections drain again, one after the other, at
/// <see cref="DeliveryOptions.RedrainsPerSecond"/>. If it stood still for longer than its lease, its clients are told to connect elsewhere.
/// </summary>
internal sealed class Redrains(
    Receivers receivers, Leaving leaving, IOptions<DeliveryOptions> options, DeliveryMetrics metrics, TimeProvider clock, ILogger<Redrains> log) : BackgroundService
{
    private const int StepsPerSecond = 20;

    private readonly Channel<bool> _requested = NewSignal();
    private readonly Channel<bool> _sendAway = NewSignal();

    /// <summary>Lets each present connection drain again. If called during a round, one more round follows, however often it is called.</summary>
    public void Request() => _requested.Writer.TryWrite(true);

    /// <summary>Closes the present connections with <c>goAway</c>, spread over time as at shutdown. New connections are still accepted.</summary>
    public void SendAllAway() => _sendAway.Writer.TryWrite(true);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(DrainAsync(stoppingToken), SendAwayAsync(stoppingToken));

    private async Task DrainAsync(CancellationToken ct)
    {
        await foreach (var _ in _requested.Reader.ReadAllAsync(ct))
        {
            var atOnce = Math.Max(1, options.Value.RedrainsPerSecond / StepsPerSecond);
            foreach (var some in receivers.All().ToList().Chunk(atOnce))
            {
                foreach (var connection in some)
                    connection.DrainAgain();
                metrics.Redrained(some.Length);
                if (some.Length == atOnce)
                    await Task.Delay(TimeSpan.FromSeconds((double)some.Length / options.Value.RedrainsPerSecond), clock, ct);
            }
        }
    }

    private async Task SendAwayAsync(CancellationToken ct)
    {
        await foreach (var _ in _sendAway.Reader.ReadAllAsync(ct))
        {
            try
            {
                await leaving.CloseAsync([.. receivers.All()]);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.NotSentAway(e);
            }
        }
    }

    private static Channel<bool> NewSignal() =>
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
}
