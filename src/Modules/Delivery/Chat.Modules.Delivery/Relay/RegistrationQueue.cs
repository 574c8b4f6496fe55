using Chat.Modules.Delivery.Connections;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Connections that are to be registered, each once. Those that the registry did not take wait until they are tried again, and keep no other back.</summary>
internal sealed class RegistrationQueue
{
    private readonly HashSet<DeviceConnection> _due = [];
    private readonly HashSet<DeviceConnection> _refused = [];

    public bool IsEmpty => _due.Count == 0 && _refused.Count == 0;

    public bool HasDue => _due.Count > 0;

    /// <summary>Those to be tried now, at most so many.</summary>
    public IReadOnlyList<DeviceConnection> Due(int limit) => [.. _due.Take(limit)];

    public void Add(IEnumerable<DeviceConnection> connections)
    {
        foreach (var connection in connections)
        {
            if (!_refused.Contains(connection))
                _due.Add(connection);
        }
    }

    public void Remove(DeviceConnection connection)
    {
        if (!_due.Remove(connection))
            _refused.Remove(connection);
    }

    public void Refuse(DeviceConnection connection)
    {
        if (_due.Remove(connection))
            _refused.Add(connection);
    }

    public void RetryRefused()
    {
        _due.UnionWith(_refused);
        _refused.Clear();
    }
}
