using Chat.Modules.Delivery.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// Closes the node's connections at shutdown: clients are told to reconnect at times spread over <see cref="DeliveryOptions.LeaveMs"/>, and each connection
/// is closed at its time. It works until then; messages without an ack by then are sent again by the client, on another node.
/// </summary>
internal sealed class Leaving(IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<Leaving> log)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    // After goAway a client has this long to get the acks of its messages before its connection closes.
    private static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(250);

    // Extra time for a connection that is busy at its time, or whose client does not read.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task CloseAsync(IReadOnlyCollection<DeviceConnection> connections)
    {
        var spread = TimeSpan.FromSeconds((double)connections.Count / options.Value.LeaveClosesPerSecond);
        if (spread.TotalMilliseconds > options.Value.LeaveMs)
            spread = TimeSpan.FromMilliseconds(options.Value.LeaveMs);
        log.Leaving(connections.Count, (long)spread.TotalMilliseconds);

        var closings = new Queue<(DeviceConnection Connection, TimeSpan At)>(
            connections.Select(connection => (connection, spread * Random.Shared.NextDouble() + Notice)).OrderBy(closing => closing.Item2));
        foreach (var (connection, at) in closings)
            connection.SendGoAway(at);

        var started = clock.GetTimestamp();
        while (closings.Count > 0)
        {
            await Task.Delay(Step, clock);
            while (closings.TryPeek(out var next) && clock.GetElapsedTime(started) >= next.At)
                closings.Dequeue().Connection.CloseWhenWritten();
        }
        var end = clock.GetElapsedTime(started) + Patience;
        while (connections.Any(connection => !connection.HasEnded))
        {
            await Task.Delay(Step, clock);
            if (clock.GetElapsedTime(started) < end)
                continue;
            foreach (var connection in connections)
                connection.Close(CloseReason.GoingAway);
        }
    }
}
