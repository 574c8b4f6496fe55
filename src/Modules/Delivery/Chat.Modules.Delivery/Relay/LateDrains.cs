using System.Threading.Channels;
using Chat.Modules.Delivery.Connections;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Begins the drain of each connection that has been held for so long.</summary>
internal sealed class LateDrains(TimeSpan patience, TimeProvider clock)
{
    // In the order in which they are due: those of the last moments.
    private readonly Channel<(DeviceConnection Connection, long Since)> _held =
        Channel.CreateUnbounded<(DeviceConnection, long)>(new UnboundedChannelOptions { SingleReader = true });

    public void Add(DeviceConnection connection) => _held.Writer.TryWrite((connection, clock.GetTimestamp()));

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        await foreach (var (connection, since) in _held.Reader.ReadAllAsync(ct))
        {
            var left = patience - clock.GetElapsedTime(since);
            if (left > TimeSpan.Zero)
                await Task.Delay(left, clock, ct);
            connection.BeginDrain();
        }
    }
}
