using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;

namespace Chat.Modules.Identity.Store;

/// <summary>
/// Users' devices, the refresh tokens given to them, and their revocations. Passes DeviceStoreContract. All times are whole milliseconds.
/// </summary>
/// <remarks>
/// The store assigns the times of issue, since only it knows the order of events: a token issued before its device's revocation has a time of issue at or
/// below the revocation's, a later one has a time above it, whatever the clock did. So these times may be ahead of the clock, and do not tell a token's age.
/// </remarks>
internal interface IDeviceStore
{
    /// <summary>
    /// Stores the first refresh token of a new family, and the device if it is new. A null <paramref name="name"/> keeps the present name. A device keeps its
    /// newest 100 families.
    /// </summary>
    /// <returns>Null, and nothing changes, if the device is new and the user has <paramref name="maxDevices"/> already.</returns>
    Task<Admission?> OpenFamilyAsync(
        DeviceAddress device, string? name, RefreshToken token, DateTimeOffset expiresAt, int maxDevices, CancellationToken ct);

    /// <summary>
    /// Replaces <paramref name="presented"/> by the next token of its family. Repeated within <see cref="RefreshTokens.RepeatWindow"/> it answers with the
    /// same token. An older token ends the family; one that was never issued changes nothing.
    /// </summary>
    /// <param name="presented">As the client sent it.</param>
    /// <param name="expiresAt">When the next token expires: now plus the lifetime of a refresh token.</param>
    Task<Rotation> RotateAsync(RefreshToken presented, DateTimeOffset expiresAt, CancellationToken ct);

    /// <summary>The device of a token's family; null if the family has ended, or never gave out the token.</summary>
    Task<DeviceAddress?> FindDeviceAsync(RefreshToken token, CancellationToken ct);

    /// <summary>Ends the family of a token that was issued, however long ago. Any other token changes nothing.</summary>
    Task EndFamilyAsync(RefreshToken token, CancellationToken ct);

    /// <summary>Registers a device whose tokens come from an outside issuer. Null if the user has too many devices.</summary>
    Task<Admission?> RegisterAsync(DeviceAddress device, int maxDevices, CancellationToken ct);

    /// <summary>A user's devices that are not revoked, by id.</summary>
    Task<IReadOnlyList<Device>> GetDevicesAsync(UserId user, CancellationToken ct);

    /// <summary>
    /// Revokes a device and ends its families. Answers with the time of revocation, that of the earlier one if the device was revoked before. Null if the
    /// user has no such device and no revocation of it is stored. The revocation is pending until <see cref="CompleteRevocationAsync"/>.
    /// </summary>
    Task<DateTimeOffset?> RevokeAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>The user's devices whose revocation is pending and that have not logged in again, in no order.</summary>
    Task<IReadOnlyList<DeviceAddress>> GetPendingRevocationsAsync(UserId user, CancellationToken ct);

    /// <summary>Marks the device's revocation as complete. May be called twice.</summary>
    Task CompleteRevocationAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>
    /// The revocations stored since a position, whatever the nodes' clocks say. Each device at most once, in no order; older ones may be among them.
    /// </summary>
    /// <param name="since">Where an earlier call ended; null for all.</param>
    Task<RevocationPage> GetRevocationsAsync(RevocationPosition? since, CancellationToken ct);

    /// <summary>Deletes the families that have expired by now, and the revocations before <paramref name="revokedBefore"/>.</summary>
    /// <returns>The number of families; 0 if the database deletes them by itself.</returns>
    Task<int> SweepAsync(DateTimeOffset revokedBefore, CancellationToken ct);
}

/// <summary>A device that was admitted.</summary>
/// <param name="IssuedAt">The time of issue for its access token.</param>
/// <param name="IsNew">Whether it is new, or was revoked before.</param>
internal sealed record Admission(DateTimeOffset IssuedAt, bool IsNew);

/// <summary>The device's access tokens issued up to this time are void.</summary>
internal sealed record Revocation(DeviceAddress Device, DateTimeOffset At);

/// <summary>Revocations, and the position of the next read.</summary>
internal sealed record RevocationPage(IReadOnlyList<Revocation> Revocations, RevocationPosition End);

/// <summary>How far revocations have been read. Meaningful to the store only.</summary>
/// <param name="Seq">The number of the newest one read.</param>
/// <param name="At">When it was read, by the reader's clock.</param>
internal sealed record RevocationPosition(long Seq, DateTimeOffset At);

/// <summary>The outcome of using a refresh token.</summary>
/// <param name="Outcome">Rotated, or refused.</param>
/// <param name="Device">Its device; default if unknown.</param>
/// <param name="IssuedAt">The time of issue for the new access token; default if refused.</param>
/// <param name="Next">The new refresh token; null if refused.</param>
internal sealed record Rotation(RotationOutcome Outcome, DeviceAddress Device, DateTimeOffset IssuedAt, RefreshToken? Next)
{
    public static Rotation Unknown { get; } = new(RotationOutcome.Unknown, default, default, null);

    public static Rotation Reused(DeviceAddress device) => new(RotationOutcome.Reused, device, default, null);
}

internal enum RotationOutcome
{
    Rotated,

    /// <summary>Never issued, expired, or of a family that has ended.</summary>
    Unknown,

    /// <summary>Used before: its family is ended.</summary>
    Reused,
}
