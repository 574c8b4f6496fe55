using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>
/// The generation of each device under which its cursors are stored, cached when the device connects here. Another server may have started a new generation
/// since: then cursors saved here are lost, and cursors read here are too low, until the device connects again.
/// </summary>
internal sealed class CqlDeviceGenerations(ICqlSession session)
{
    /// <summary>When there are more, all are removed; then each costs a read again.</summary>
    private const int MaxRemembered = 200_000;

    private readonly ConcurrentDictionary<DeviceAddress, Guid> _remembered = new();

    public ValueTask<Guid> GetAsync(DeviceAddress device, CancellationToken ct) =>
        _remembered.TryGetValue(device, out var generation) ? ValueTask.FromResult(generation) : LoadAsync(device, ct);

    /// <summary>Reads the device's row.</summary>
    public async ValueTask<DeviceRow> ReadAsync(DeviceAddress device, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement(
                "SELECT generation, is_known FROM delivery_devices WHERE user_id = ? AND device_id = ?", device.User.Value, device.Device.Value),
            ct);
        var row = found.Rows is [var known] ? new DeviceRow(known.IsNull(0) ? null : known.Get<Guid>(0), known.Get<bool>(1)) : default;
        if (_remembered.Count >= MaxRemembered)
            _remembered.Clear();
        _remembered[device] = row.Generation ?? Guid.Empty;
        return row;
    }

    public void Forget(DeviceAddress device) => _remembered.TryRemove(device, out _);

    private async ValueTask<Guid> LoadAsync(DeviceAddress device, CancellationToken ct) => (await ReadAsync(device, ct)).Generation ?? Guid.Empty;

    /// <param name="Generation">Null before the device was ever removed.</param>
    /// <param name="IsKnown">False if it is new, or was removed.</param>
    internal readonly record struct DeviceRow(Guid? Generation, bool IsKnown);
}
