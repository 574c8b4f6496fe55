using System.Collections.Concurrent;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// The connections that have something in flight, or a step that failed: only these are looked at by <see cref="ResendSweep"/>, however many are connected.
/// A connection adds itself once, and stays until a sweep finds nothing left to wait for.
/// </summary>
internal sealed class ResendList
{
    private readonly ConcurrentQueue<DeviceConnection> _connections = new();

    public int Count => _connections.Count;

    public void Add(DeviceConnection connection) => _connections.Enqueue(connection);

    /// <summary>Lets each of them send messages again that were not acked in time. One call at a time.</summary>
    public void Sweep()
    {
        for (var left = _connections.Count; left > 0 && _connections.TryDequeue(out var connection); left--)
        {
            if (connection.ResendOverdue())
                _connections.Enqueue(connection);
        }
    }
}
