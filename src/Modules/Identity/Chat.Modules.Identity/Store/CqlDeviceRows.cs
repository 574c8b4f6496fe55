using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Identity.Contracts;

namespace Chat.Modules.Identity.Store;

/// <summary>A row of <c>identity_devices</c>.</summary>
internal sealed record CqlDevice(
    DeviceAddress Address, string? Name, DateTimeOffset CreatedAt, DateTimeOffset IssuedAt, DateTimeOffset? RevokedAt, Guid Generation, long Opened,
    DateTimeOffset? ForgottenAt, DateTimeOffset? UsedAt)
{
    /// <summary>False for a device that was revoked and has not logged in again.</summary>
    public bool IsActive => RevokedAt is not { } revoked || IssuedAt > revoked;

    /// <summary>Its revocation is not complete, and it has not logged in again.</summary>
    public bool HasPendingRevocation => !IsActive && !(ForgottenAt >= RevokedAt);

    public Device ToDevice() => new(Address.Device, Name, CreatedAt, UsedAt ?? IssuedAt);
}

/// <summary>A user's part of <c>identity_devices</c>.</summary>
/// <param name="Changes">How often a device was added; null before the first.</param>
/// <param name="Devices">By id, including recently revoked ones.</param>
internal sealed record CqlUserDevices(long? Changes, IReadOnlyList<CqlDevice> Devices);

/// <summary>Table <c>identity_devices</c>.</summary>
internal sealed class CqlDeviceRows(ICqlSession session)
{
    private const string Select =
        "SELECT device_id, name, created_at, issued_at, revoked_at, generation, opened, changes, forgotten_at, used_at FROM identity_devices WHERE user_id = ?";

    public async Task<CqlUserDevices> ReadAsync(UserId user, bool linearizable, CancellationToken ct)
    {
        var rows = new List<CqlRow>();
        byte[]? next = null;
        do
        {
            var page = await session.ExecuteAsync(new CqlStatement(Select, user.Value) { Linearizable = linearizable, PagingState = next }, ct);
            rows.AddRange(page.Rows);
            next = page.PagingState;
        }
        while (next is not null);
        var changes = rows is [var first, ..] && !first.IsNull(7) ? first.Get<long>(7) : (long?)null;
        // Without devices the row has only the count of changes.
        return new CqlUserDevices(changes, [.. rows.Where(row => !row.IsNull(0)).Select(row => ToDevice(user, row))]);
    }

    public async Task<CqlDevice?> FindAsync(DeviceAddress device, bool linearizable, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement(Select + " AND device_id = ?", device.User.Value, device.Device.Value) { Linearizable = linearizable }, ct);
        return found.Rows is [var row] ? ToDevice(device.User, row) : null;
    }

    /// <summary>False if another device was added meanwhile.</summary>
    public async Task<bool> TryAddAsync(CqlDevice device, long? changes, CancellationToken ct)
    {
        var added = await session.ExecuteBatchAsync(
            [
                new CqlStatement(
                    "UPDATE identity_devices SET changes = ? WHERE user_id = ? IF changes = ?",
                    (changes ?? 0) + 1, device.Address.User.Value, changes) { Idempotent = false },
                new CqlStatement(
                    "UPDATE identity_devices SET name = ?, created_at = ?, issued_at = ?, used_at = ?, generation = ?, opened = ? WHERE user_id = ? AND device_id = ?",
                    device.Name, device.CreatedAt, device.IssuedAt, device.UsedAt, device.Generation, device.Opened, device.Address.User.Value,
                    device.Address.Device.Value),
            ],
            ct);
        return added.Applied;
    }

    /// <summary>Changes name, times and the number of families. False if the device has changed meanwhile.</summary>
    public async Task<bool> TryChangeAsync(CqlDevice was, CqlDevice now, CancellationToken ct)
    {
        var changed = await session.ExecuteAsync(
            new CqlStatement(
                """
                UPDATE identity_devices SET name = ?, issued_at = ?, used_at = ?, revoked_at = ?, opened = ? WHERE user_id = ? AND device_id = ?
                IF generation = ? AND issued_at = ? AND revoked_at = ? AND opened = ?
                """,
                now.Name, now.IssuedAt, now.UsedAt, now.RevokedAt, now.Opened, was.Address.User.Value, was.Address.Device.Value,
                was.Generation, was.IssuedAt, was.RevokedAt, was.Opened) { Idempotent = false },
            ct);
        return changed.Applied;
    }

    /// <summary>Marks the device's revocation as complete, unless it was revoked again.</summary>
    public Task ForgetAsync(CqlDevice device, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement(
            "UPDATE identity_devices SET forgotten_at = ? WHERE user_id = ? AND device_id = ? IF revoked_at = ?",
            device.RevokedAt, device.Address.User.Value, device.Address.Device.Value, device.RevokedAt) { Idempotent = false },
        ct);

    /// <summary>Deletes a device that has not logged in since its revocation.</summary>
    public Task DeleteAsync(Revocation revocation, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement(
            "DELETE FROM identity_devices WHERE user_id = ? AND device_id = ? IF revoked_at = ? AND issued_at <= ?",
            revocation.Device.User.Value, revocation.Device.Device.Value, revocation.At, revocation.At) { Idempotent = false },
        ct);

    private static CqlDevice ToDevice(UserId user, CqlRow row) => new(
        new DeviceAddress(user, DeviceId.Parse(row.Get<string>(0))), row.IsNull(1) ? null : row.Get<string>(1), row.Get<DateTimeOffset>(2),
        row.Get<DateTimeOffset>(3), row.IsNull(4) ? null : row.Get<DateTimeOffset>(4), row.Get<Guid>(5), row.Get<long>(6),
        row.IsNull(8) ? null : row.Get<DateTimeOffset>(8), row.IsNull(9) ? null : row.Get<DateTimeOffset>(9));
}
