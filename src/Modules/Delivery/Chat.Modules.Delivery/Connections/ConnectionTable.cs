using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>The live connections of this node: user → devices → connection.</summary>
internal sealed class ConnectionTable : IConnections
{
    private readonly ConcurrentDictionary<UserId, DeviceConnection[]> _users = new();
    private readonly Lazy<ConnectionServices> _services;
    private readonly DeliveryMetrics _metrics;
    private readonly Lock _gate = new();
    private Task? _left;
    private long _lastId;
    private int _count;
    private volatile bool _leaving;

    /// <param name="services">Lazy, as what it holds is built on what asks this table.</param>
    /// <param name="metrics">The module's.</param>
    public ConnectionTable(Lazy<ConnectionServices> services, DeliveryMetrics metrics)
    {
        _services = services;
        _metrics = metrics;
        metrics.Observe("chat.connections", "Live connections.", () => Count);
    }

    public int Count => Volatile.Read(ref _count);

    public bool IsAccepting => !_leaving && Count < _services.Value.Options.MaxConnections;

    public IAttachedConnection? Attach(IClientConnection connection, ServerEvent welcome)
    {
        if (!IsAccepting || (ConnectionsOf(connection.Device.User).Count >= _services.Value.Options.MaxDevicesPerUser && Find(connection.Device) is null))
        {
            _metrics.Refused();
            return null;
        }
        var attached = new DeviceConnection(new ConnectionId(Interlocked.Increment(ref _lastId)), connection, welcome, this, _services.Value);
        DeviceConnection? replaced = null;
        _users.AddOrUpdate(connection.Device.User,
            _ =>
            {
                replaced = null;
                return [attached];
            },
            (_, devices) =>
            {
                replaced = Array.Find(devices, other => other.Device == connection.Device);
                return [.. devices.Where(other => other != replaced), attached];
            });
        Interlocked.Increment(ref _count);
        if (replaced is not null)
        {
            Interlocked.Decrement(ref _count);
            _metrics.Replaced();
            replaced.Close(CloseReason.Replaced);
        }
        attached.Open();
        // Taken in after the leaving has looked who is here: nobody else would close it.
        if (_leaving)
        {
            attached.TellToGo(TimeSpan.Zero);
            attached.CloseWhenWritten();
        }
        return attached;
    }

    public Task LeaveAsync()
    {
        lock (_gate)
        {
            _leaving = true;
            return _left ??= _services.Value.Leaving.CloseAsync([.. All()]);
        }
    }

    /// <summary>The connections of a user's devices on this node; a snapshot.</summary>
    public IReadOnlyList<DeviceConnection> ConnectionsOf(UserId user) => _users.TryGetValue(user, out var devices) ? devices : [];

    public DeviceConnection? Find(DeviceAddress device)
    {
        foreach (var connection in ConnectionsOf(device.User))
        {
            if (connection.Device == device)
                return connection;
        }
        return null;
    }

    public IEnumerable<DeviceConnection> All() => _users.Values.SelectMany(devices => devices);

    /// <summary>Called by a connection that has ended; once it is replaced, it is gone already.</summary>
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
