using Chat.Modules.Delivery.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// The end of a node, before anything else of it stops: takes no connections, tells the clients to reconnect at moments spread over the
/// drain, and closes each connection at its moment. Until then it works; what has no ack by then is sent again elsewhere.
/// </summary>
internal sealed class Leaving(ConnectionTable connections, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<Leaving> log)
    : IHostedLifecycleService
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    // A client that hears goAway gets the acks of what it has under way before its connection closes.
    private static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(250);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        connections.Leave();
        var spread = TimeSpan.FromSeconds((double)connections.Count / options.Value.DrainClosesPerSecond);
        if (spread.TotalMilliseconds > options.Value.DrainMs)
            spread = TimeSpan.FromMilliseconds(options.Value.DrainMs);
        log.Leaving(connections.Count, (long)spread.TotalMilliseconds);

        var closings = new Queue<(DeviceConnection Connection, TimeSpan At)>(
            connections.All().Select(connection => (connection, spread * Random.Shared.NextDouble())).OrderBy(closing => closing.Item2));
        foreach (var (connection, at) in closings)
            connection.Tell(new GoAwayEvent(at + Notice));

        var started = clock.GetTimestamp();
        while (closings.Count > 0)
        {
            await Task.Delay(Step, clock, cancellationToken);
            while (closings.TryPeek(out var next) && clock.GetElapsedTime(started) >= next.At + Notice)
                closings.Dequeue().Connection.Close(CloseReason.GoingAway);
        }
        // Those that were taken in while the door was closing.
        foreach (var connection in connections.All())
            connection.Close(CloseReason.GoingAway);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
