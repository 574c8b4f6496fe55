using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Relay;

namespace Chat.Modules.Delivery.Connections;

/// <summary>Accepts connections up to the limits, until the node shuts down.</summary>
internal sealed class ConnectionAcceptor(ConnectionTable connections, ConnectionServices services, Leaving leaving, IConnectionRegistrar registrar) : IConnections
{
    private readonly Action<DeviceConnection> _remove = connection =>
    {
        connections.Remove(connection);
        registrar.Ended(connection);
    };
    private readonly Lock _gate = new();
    private Task? _left;
    private long _lastId;
    private volatile bool _leaving;

    public bool IsAccepting => !_leaving && connections.Count < services.Options.MaxConnections;

    public IAttachedConnection? Attach(IClientConnection connection, ServerEvent welcome)
    {
        if (!IsAccepting || HasTooManyDevices(connection.Device))
        {
            services.Metrics.Refused();
            return null;
        }
        var attached = new DeviceConnection(new ConnectionId(Interlocked.Increment(ref _lastId)), connection, welcome, _remove, services);
        if (connections.Add(attached) is { } replaced)
        {
            services.Metrics.Replaced();
            replaced.Close(CloseReason.Replaced);
        }
        registrar.Open(attached);
        // Added after LeaveAsync listed the connections: close it here.
        if (_leaving)
        {
            attached.SendGoAway(TimeSpan.Zero);
            attached.CloseWhenWritten();
        }
        return attached;
    }

    public Task LeaveAsync()
    {
        lock (_gate)
        {
            _leaving = true;
            return _left ??= leaving.CloseAsync([.. connections.All()]);
        }
    }

    private bool HasTooManyDevices(DeviceAddress device) =>
        connections.Of(device.User).Length >= services.Options.MaxDevicesPerUser && connections.Find(device) is null;
}
