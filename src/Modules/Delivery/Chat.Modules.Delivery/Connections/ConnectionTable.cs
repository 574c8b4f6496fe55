using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Connections;

/// <summary>The live connections of this node: user → devices → connection.</summary>
internal sealed class ConnectionTable
{
    private readonly ConcurrentDictionary<UserId, DeviceConnection[]> _users = new();
    private int _count;

    public ConnectionTable(DeliveryMetrics metrics) => metrics.Observe("chat.connections", "Live connections.", () => Count);

    public int Count => Volatile.Read(ref _count);

    /// <summary>The connections of a user's devices; a snapshot.</summary>
    public ReadOnlySpan<DeviceConnection> Of(UserId user) => _users.TryGetValue(user, out var devices) ? devices : default;

    public DeviceConnection? Find(DeviceAddress device)
    {
        foreach (var connection in Of(device.User))
        {
            if (connection.Device == device)
                return connection;
        }
        return null;
    }

    public IEnumerable<DeviceConnection> All() => _users.Values.SelectMany(devices => devices);

    /// <returns>The device's older connection, now removed from the table; null if it had none.</returns>
    public DeviceConnection? Add(DeviceConnection added)
    {
        DeviceConnection? replaced = null;
        _users.AddOrUpdate(added.Device.User,
            _ =>
            {
                replaced = null;
                return [added];
            },
            (_, devices) =>
            {
                replaced = Array.Find(devices, other => other.Device == added.Device);
                return [.. devices.Where(other => other != replaced), added];
            });
        if (replaced is null)
            Interlocked.Increment(ref _count);
        return replaced;
    }

    /// <summary>Does nothing if the connection was replaced.</summary>
    public void Remove(DeviceConnection connection)
    {
        while (_users.TryGetValue(connection.Device.User, out var devices) && devices.Contains(connection))
        {
            var rest = Array.FindAll(devices, other => other != connection);
            var removed = rest.Length == 0
                ? _users.TryRemove(KeyValuePair.Create(connection.Device.User, devices))
                : _users.TryUpdate(connection.Device.User, rest, devices);
            if (!removed)
                continue;
            Interlocked.Decrement(ref _count);
            return;
        }
    }
}
