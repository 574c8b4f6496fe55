using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;

namespace Chat.Modules.Identity.Store;

/// <summary>
/// Tables <c>identity_devices</c>, <c>identity_families</c>, <c>identity_revocations</c> and <c>identity_revocation_log</c> (cql/). Each operation
/// is decided by one conditional write of one row. Dependent rows are not changed; readers compare them with that row: a family is valid only if it has
/// its device's generation, and a number among the newest.
/// </summary>
/// <remarks>
/// If a server dies between two writes, a login leaves a device without the new family, and a rotation leaves a time of issue that no token has: both
/// harmless. The first write of a revocation voids the families; the second, which tells other servers, is repeated when the caller, who got no answer,
/// asks again.
/// </remarks>
internal sealed class CqlDeviceStore(ICqlSession session, RefreshTokens tokens, TimeProvider clock) : IDeviceStore
{
    private const int MaxFamiliesPerDevice = 100;
    private const int MaxAttempts = 16;

    private readonly CqlDeviceRows _devices = new(session);
    private readonly CqlFamilyRows _families = new(session, clock);
    private readonly CqlRevocationRows _revocations = new(session, clock);

    public async Task<Admission?> OpenFamilyAsync(
        DeviceAddress device, string? name, RefreshToken token, DateTimeOffset expiresAt, int maxDevices, CancellationToken ct)
    {
        if (await AdmitAsync(device, name, families: 1, maxDevices, ct) is not var (row, isNew))
            return null;
        await _families.AddAsync(new CqlFamily(token.Family, device, row.Generation, row.Opened, token.Hash, expiresAt), ct);
        return new Admission(row.IssuedAt, isNew);
    }

    public async Task<Rotation> RotateAsync(RefreshToken presented, DateTimeOffset expiresAt, CancellationToken ct)
    {
        var next = tokens.NextOf(presented);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var family = await _families.FindAsync(presented.Family, IsRetry(attempt), ct);
            if (family is null || family.ExpiresAt <= Now())
                return Rotation.Unknown;
            var row = await _devices.FindAsync(family.Device, IsRetry(attempt), ct);
            if (row is not { IsActive: true } || row.Generation != family.Generation || family.Number <= row.Opened - MaxFamiliesPerDevice)
                return Rotation.Unknown;

            var use = tokens.Classify(presented, family.TokenHash, expiresAt - family.ExpiresAt);
            if (use == TokenUse.Unknown)
                return Rotation.Unknown;
            if (use == TokenUse.Used)
            {
                if (await _families.TryEndAsync(family, ct))
                    return Rotation.Reused(family.Device);
                continue;
            }
            // The time of issue first: if the second write fails, the presented token is still valid.
            if (await TryIssueAsync(row, row.Name, families: 0, ct) is { } issued
                && (use == TokenUse.Repeated || await _families.TryReplaceAsync(family, family with { TokenHash = next.Hash, ExpiresAt = expiresAt }, ct)))
                return new Rotation(RotationOutcome.Rotated, family.Device, issued.IssuedAt, next);
        }
        throw TooContended();
    }

    public async Task<DeviceAddress?> FindDeviceAsync(RefreshToken token, CancellationToken ct) =>
        await _families.FindAsync(token.Family, linearizable: true, ct) is { } found && tokens.Classify(token, found.TokenHash, TimeSpan.Zero) != TokenUse.Unknown
            ? found.Device
            : null;

    public async Task EndFamilyAsync(RefreshToken token, CancellationToken ct)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await _families.FindAsync(token.Family, IsRetry(attempt), ct) is not { } found
                || tokens.Classify(token, found.TokenHash, TimeSpan.Zero) == TokenUse.Unknown
                || await _families.TryEndAsync(found, ct))
                return;
        }
        throw TooContended();
    }

    public async Task<Admission?> RegisterAsync(DeviceAddress device, int maxDevices, CancellationToken ct) =>
        await AdmitAsync(device, null, families: 0, maxDevices, ct) is var (row, isNew) ? new Admission(row.IssuedAt, isNew) : null;

    public async Task<IReadOnlyList<Device>> GetDevicesAsync(UserId user, CancellationToken ct) =>
        [.. (await _devices.ReadAsync(user, linearizable: false, ct)).Devices.Where(row => row.IsActive).Select(row => row.ToDevice())];

    public async Task<DateTimeOffset?> RevokeAsync(DeviceAddress device, CancellationToken ct)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await _devices.FindAsync(device, IsRetry(attempt), ct) is not { } row)
                return null;
            if (!row.IsActive)
            {
                await _revocations.AddAsync(new Revocation(device, row.RevokedAt!.Value), ct);
                return row.RevokedAt;
            }
            var revoked = row with { RevokedAt = Max(Now(), row.IssuedAt) };
            if (!await _devices.TryChangeAsync(row, revoked, ct))
                continue;
            await _revocations.AddAsync(new Revocation(device, revoked.RevokedAt.Value), ct);
            return revoked.RevokedAt;
        }
        throw TooContended();
    }

    public async Task<IReadOnlyList<DeviceAddress>> GetPendingRevocationsAsync(UserId user, CancellationToken ct) =>
        [.. (await _devices.ReadAsync(user, linearizable: false, ct)).Devices.Where(row => row.HasPendingRevocation).Select(row => row.Address)];

    public async Task CompleteRevocationAsync(DeviceAddress device, CancellationToken ct)
    {
        if (await _devices.FindAsync(device, linearizable: false, ct) is { HasPendingRevocation: true } row)
            await _devices.ForgetAsync(row, ct);
    }

    public Task<RevocationPage> GetRevocationsAsync(RevocationPosition? since, CancellationToken ct) => _revocations.ReadAsync(since, ct);

    public async Task<int> SweepAsync(DateTimeOffset revokedBefore, CancellationToken ct)
    {
        // The devices first: their revocations name them.
        await _revocations.SweepAsync(revokedBefore, revocation => _devices.DeleteAsync(revocation, ct), ct);
        return 0;
    }

    /// <summary>The device with a new time of issue, created if it does not exist. Null if the user has too many devices.</summary>
    /// <param name="name">Null keeps the present name.</param>
    /// <param name="families">How many families are started.</param>
    private async Task<(CqlDevice Row, bool IsNew)?> AdmitAsync(DeviceAddress device, string? name, int families, int maxDevices, CancellationToken ct)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var user = await _devices.ReadAsync(device.User, IsRetry(attempt), ct);
            var known = user.Devices.FirstOrDefault(row => row.Address == device);
            if (known is { IsActive: true })
            {
                if (await TryIssueAsync(known, name ?? known.Name, families, ct) is { } issued)
                    return (issued, false);
                continue;
            }
            // If a server died within the batch, a plain read may see the new count of changes without the new device.
            if (!IsRetry(attempt))
                continue;
            if (user.Devices.Count(row => row.IsActive) >= maxDevices)
                return null;
            var now = Now();
            var added = new CqlDevice(device, name, now, IssueTime(now, known?.RevokedAt), known?.RevokedAt, Guid.CreateVersion7(now), families, known?.ForgottenAt, now);
            if (await _devices.TryAddAsync(added, user.Changes, ct))
                return (added, true);
        }
        throw TooContended();
    }

    /// <summary>Null if the device has changed meanwhile.</summary>
    /// <remarks>Writes nothing if the time of issue stays the same: a later revocation gets a time at or above it.</remarks>
    private async Task<CqlDevice?> TryIssueAsync(CqlDevice row, string? name, int families, CancellationToken ct)
    {
        var now = Now();
        var issued = row with { Name = name, IssuedAt = Max(row.IssuedAt, IssueTime(now, row.RevokedAt)), UsedAt = now, Opened = row.Opened + families };
        return issued == row || await _devices.TryChangeAsync(row, issued, ct) ? issued : null;
    }

    // Later than any revocation, even if the clock was set back.
    private static DateTimeOffset IssueTime(DateTimeOffset now, DateTimeOffset? revokedAt) =>
        revokedAt is { } revoked ? Max(now, revoked.AddMilliseconds(1)) : now;

    private static DateTimeOffset Max(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    // If a server died within a conditional write, a plain read may not see the write yet: a retry must.
    private static bool IsRetry(int attempt) => attempt > 0;

    // In whole milliseconds, as stored.
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    private static StoreUnavailableException TooContended() => new("The device was changed by others at every attempt.");
}
