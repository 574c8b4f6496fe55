using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.Modules.Identity.Store;

/// <summary>
/// Tables <c>identity_devices</c>, <c>identity_revocations</c> and <c>identity_half_revoked</c>, by user and device, and <c>identity_refresh_families</c>, by family.
/// Every change is one unit of work on the single writer, so changes are atomic and ordered.
/// </summary>
internal sealed class SqliteDeviceStore(SqliteDatabase database, RefreshTokens tokens, TimeProvider clock) : IDeviceStore
{
    private const int MaxFamiliesPerDevice = 100;

    public Task<Admission?> OpenFamilyAsync(
        DeviceAddress device, string? name, RefreshToken token, DateTimeOffset expiresAt, int maxDevices, CancellationToken ct) =>
        database.WriteAsync(
            connection =>
            {
                if (Admit(connection, device, name, maxDevices) is not { } admission)
                    return null;
                connection.Execute(
                    "INSERT INTO identity_refresh_families VALUES ($family, $user, $device, $hash, $expires)",
                    new
                    {
                        family = token.Family.ToByteArray(),
                        user = device.User.Value,
                        device = device.Device.Value,
                        hash = token.Hash,
                        expires = expiresAt.ToUnixTimeMilliseconds(),
                    });
                connection.Execute(
                    """
                    DELETE FROM identity_refresh_families WHERE family_id IN (
                      SELECT family_id FROM identity_refresh_families WHERE user_id = $user AND device_id = $device
                      ORDER BY expires_ms DESC LIMIT -1 OFFSET $kept)
                    """,
                    new { user = device.User.Value, device = device.Device.Value, kept = MaxFamiliesPerDevice });
                return admission;
            },
            ct);

    public Task<Rotation> RotateAsync(RefreshToken presented, DateTimeOffset expiresAt, CancellationToken ct) =>
        database.WriteAsync(
            connection =>
            {
                if (FindFamily(connection, presented.Family) is not { } row || row.ExpiresMs <= Now())
                    return Rotation.Unknown;
                var device = Address(row.UserId, row.DeviceId);
                var next = tokens.NextOf(presented);
                switch (tokens.Classify(presented, row.TokenHash, expiresAt - Time(row.ExpiresMs)))
                {
                    case TokenUse.Unknown:
                        return Rotation.Unknown;
                    case TokenUse.Used:
                        EndFamily(connection, presented.Family);
                        return Rotation.Reused(device);
                    case TokenUse.Current:
                        connection.Execute(
                            "UPDATE identity_refresh_families SET token_hash = $hash, expires_ms = $expires WHERE family_id = $family",
                            new { family = presented.Family.ToByteArray(), hash = next.Hash, expires = expiresAt.ToUnixTimeMilliseconds() });
                        break;
                }
                return new Rotation(RotationOutcome.Rotated, device, Issue(connection, device, null), next);
            },
            ct);

    public Task<DeviceAddress?> FindDeviceAsync(RefreshToken token, CancellationToken ct) => Task.FromResult(database.Read(connection =>
        FindFamily(connection, token.Family) is { } row && tokens.Classify(token, row.TokenHash, TimeSpan.Zero) != TokenUse.Unknown
            ? new DeviceAddress(UserId.Parse(row.UserId), DeviceId.Parse(row.DeviceId))
            : (DeviceAddress?)null));

    public Task EndFamilyAsync(RefreshToken token, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            if (FindFamily(connection, token.Family) is { } row && tokens.Classify(token, row.TokenHash, TimeSpan.Zero) != TokenUse.Unknown)
                EndFamily(connection, token.Family);
        },
        ct);

    public Task<Admission?> RegisterAsync(DeviceAddress device, int maxDevices, CancellationToken ct) =>
        database.WriteAsync(connection => Admit(connection, device, null, maxDevices), ct);

    public Task<IReadOnlyList<Device>> GetDevicesAsync(UserId user, CancellationToken ct) => Task.FromResult<IReadOnlyList<Device>>(database.Read(
        connection => connection
            .Query<DeviceRow>(
                """
                SELECT device_id AS DeviceId, name AS Name, created_ms AS CreatedMs, used_ms AS UsedMs, issued_ms AS IssuedMs
                FROM identity_devices WHERE user_id = $user ORDER BY device_id
                """,
                new { user = user.Value })
            .Select(row => new Device(DeviceId.Parse(row.DeviceId), row.Name, Time(row.CreatedMs), Time(row.UsedMs ?? row.IssuedMs)))
            .ToList()));

    public Task<DateTimeOffset?> RevokeAsync(DeviceAddress device, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            var key = new { user = device.User.Value, device = device.Device.Value };
            var issued = connection.QuerySingleOrDefault<long?>(
                "DELETE FROM identity_devices WHERE user_id = $user AND device_id = $device RETURNING issued_ms", key);
            if (issued is null)
            {
                var earlier = connection.QuerySingleOrDefault<long?>(
                    "SELECT revoked_ms FROM identity_revocations WHERE user_id = $user AND device_id = $device", key);
                return earlier is { } at ? Time(at) : (DateTimeOffset?)null;
            }
            connection.Execute("DELETE FROM identity_refresh_families WHERE user_id = $user AND device_id = $device", key);
            var revoked = Math.Max(Now(), issued.Value);
            connection.Execute(
                "INSERT INTO identity_revocations VALUES ($user, $device, $revoked) ON CONFLICT DO UPDATE SET revoked_ms = excluded.revoked_ms",
                new { key.user, key.device, revoked });
            connection.Execute("INSERT INTO identity_half_revoked VALUES ($user, $device) ON CONFLICT DO NOTHING", key);
            return Time(revoked);
        },
        ct);

    public Task<IReadOnlyList<DeviceAddress>> GetPendingRevocationsAsync(UserId user, CancellationToken ct) => Task.FromResult<IReadOnlyList<DeviceAddress>>(database.Read(
        connection => connection
            .Query<string>(
                """
                SELECT device_id FROM identity_half_revoked AS half WHERE user_id = $user AND NOT EXISTS (
                  SELECT 1 FROM identity_devices WHERE user_id = half.user_id AND device_id = half.device_id)
                """,
                new { user = user.Value })
            .Select(device => new DeviceAddress(user, DeviceId.Parse(device)))
            .ToList()));

    public Task CompleteRevocationAsync(DeviceAddress device, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            "DELETE FROM identity_half_revoked WHERE user_id = $user AND device_id = $device",
            new { user = device.User.Value, device = device.Device.Value }),
        ct);

    // Always all of them: no other process revokes in this store, so it is read once, at the start.
    public Task<RevocationPage> GetRevocationsAsync(RevocationPosition? since, CancellationToken ct) => Task.FromResult(new RevocationPage(
        database.Read(connection => connection
            .Query<RevocationRow>("SELECT user_id AS UserId, device_id AS DeviceId, revoked_ms AS RevokedMs FROM identity_revocations")
            .Select(row => new Revocation(Address(row.UserId, row.DeviceId), Time(row.RevokedMs)))
            .ToList()),
        new RevocationPosition(0, clock.GetUtcNow())));

    public Task<int> SweepAsync(DateTimeOffset revokedBefore, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            connection.Execute(
                "DELETE FROM identity_revocations WHERE revoked_ms < $before", new { before = revokedBefore.ToUnixTimeMilliseconds() });
            return connection.Execute("DELETE FROM identity_refresh_families WHERE expires_ms <= $now", new { now = Now() });
        },
        ct);

    // Null if the user has too many devices.
    private Admission? Admit(SqliteConnection connection, DeviceAddress device, string? name, int maxDevices)
    {
        var key = new { user = device.User.Value, device = device.Device.Value };
        var isNew = !connection.QuerySingle<bool>("SELECT EXISTS (SELECT 1 FROM identity_devices WHERE user_id = $user AND device_id = $device)", key);
        return isNew && connection.QuerySingle<int>("SELECT count(*) FROM identity_devices WHERE user_id = $user", key) >= maxDevices
            ? null
            : new Admission(Issue(connection, device, name), isNew);
    }

    // Later than any revocation, and not before an earlier time of issue, even if the clock was set back.
    private DateTimeOffset Issue(SqliteConnection connection, DeviceAddress device, string? name) => Time(connection.QuerySingle<long>(
        """
        INSERT INTO identity_devices (user_id, device_id, name, created_ms, used_ms, issued_ms)
        VALUES ($user, $device, $name, $now, $now,
          max($now, 1 + coalesce((SELECT revoked_ms FROM identity_revocations WHERE user_id = $user AND device_id = $device), 0)))
        ON CONFLICT DO UPDATE SET issued_ms = max(issued_ms, excluded.issued_ms), used_ms = excluded.used_ms, name = coalesce(excluded.name, name)
        RETURNING issued_ms
        """,
        new { user = device.User.Value, device = device.Device.Value, name, now = Now() }));

    private static FamilyRow? FindFamily(SqliteConnection connection, Guid family) => connection.QuerySingleOrDefault<FamilyRow>(
        """
        SELECT user_id AS UserId, device_id AS DeviceId, token_hash AS TokenHash, expires_ms AS ExpiresMs
        FROM identity_refresh_families WHERE family_id = $family
        """,
        new { family = family.ToByteArray() });

    private static void EndFamily(SqliteConnection connection, Guid family) =>
        connection.Execute("DELETE FROM identity_refresh_families WHERE family_id = $family", new { family = family.ToByteArray() });

    private long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static DeviceAddress Address(string user, string device) => new(UserId.Parse(user), DeviceId.Parse(device));

    private sealed record FamilyRow(string UserId, string DeviceId, byte[] TokenHash, long ExpiresMs);

    private sealed record DeviceRow(string DeviceId, string? Name, long CreatedMs, long? UsedMs, long IssuedMs);

    private sealed record RevocationRow(string UserId, string DeviceId, long RevokedMs);
}
