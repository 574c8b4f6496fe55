using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>
/// Which generation of each device its cursors are kept under, remembered from when the device last connected here. Another host may have
/// begun a new one since: then what is saved here is saved for nobody, and what is read is too low. The device's next connecting mends it.
/// </summary>
internal sealed class CqlDeviceGenerations(ICqlSession session)
{
    /// <summary>Then all are forgotten: it costs a read for each to know it again.</summary>
    private const int MaxRemembered = 200_000;

    private readonly ConcurrentDictionary<DeviceAddress, Guid> _remembered = new();

    public ValueTask<Guid> GetAsync(DeviceAddress device, CancellationToken ct) =>
        _remembered.TryGetValue(device, out var generation) ? ValueTask.FromResult(generation) : LoadAsync(device, ct);

    /// <summary>The device as the store has it now.</summary>
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

    /// <param name="Generation">Null for the one before the device was ever forgotten.</param>
    /// <param name="IsKnown">False where it is new, or forgotten.</param>
    internal readonly record struct DeviceRow(Guid? Generation, bool IsKnown);
}
