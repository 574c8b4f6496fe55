using Chat.BuildingBlocks.Ids;
using Chat.Modules.Identity.Contracts;
using Chat.Modules.Identity.Devices;

namespace Chat.Modules.Identity.Store;

/// <summary>
/// Users' devices, the refresh tokens given to them, and their revocations. Passes DeviceStoreContract. All times are whole milliseconds.
/// </summary>
/// <remarks>
/// The store gives out the times of issue, as it alone knows what came first: every token of a device that was issued before its
/// revocation has a time of issue at or below the revocation's, every later one a time above it, whatever the clock did. So these times
/// may be ahead of the clock, and say nothing of a token's age.
/// </remarks>
internal interface IDeviceStore
{
    /// <summary>
    /// Keeps the first refresh token of a new family, and the device if it is new: a null <paramref name="name"/> keeps the one that is
    /// there, and the user has <paramref name="maxDevices"/> at most. A device keeps its newest 100 families.
    /// </summary>
    /// <returns>Null, and nothing changed, where the user has too many devices.</returns>
    Task<Admission?> OpenFamilyAsync(
        DeviceAddress device, string? name, RefreshToken token, DateTimeOffset expiresAt, int maxDevices, CancellationToken ct);

    /// <summary>
    /// Puts the next token of its family in the place of <paramref name="presented"/>, once: within <see cref="RefreshTokens.RepeatWindow"/>
    /// it is answered again with the same one. An older token ends the family; one that was never given out changes nothing.
    /// </summary>
    /// <param name="presented">As the client sent it.</param>
    /// <param name="expiresAt">Of the next token: the lifetime of a refresh token from now.</param>
    Task<Rotation> RotateAsync(RefreshToken presented, DateTimeOffset expiresAt, CancellationToken ct);

    /// <summary>Ends the family of a token that was given out, however long ago; any other changes nothing.</summary>
    Task EndFamilyAsync(RefreshToken token, CancellationToken ct);

    /// <summary>Keeps a device that has its tokens from elsewhere; null where the user has too many devices.</summary>
    Task<Admission?> RegisterAsync(DeviceAddress device, int maxDevices, CancellationToken ct);

    /// <summary>A user's devices, those revoked left out, by id.</summary>
    Task<IReadOnlyList<Device>> GetDevicesAsync(UserId user, CancellationToken ct);

    /// <summary>
    /// Forgets a device with its families. The time of revocation: of the earlier one where the device is revoked already. Null where the user
    /// has no such device, and no revocation of it is kept. The device is half revoked until <see cref="CompleteRevocationAsync"/>.
    /// </summary>
    Task<DateTimeOffset?> RevokeAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>The user's devices that are half revoked and have not come again, in no order.</summary>
    Task<IReadOnlyList<DeviceAddress>> GetPendingRevocationsAsync(UserId user, CancellationToken ct);

    /// <summary>The device's revocation is complete. Twice is as once.</summary>
    Task CompleteRevocationAsync(DeviceAddress device, CancellationToken ct);

    /// <summary>
    /// The revocations that have come since a position, whatever the nodes' clocks say, each device at most once and in no order; older ones may
    /// be among them.
    /// </summary>
    /// <param name="since">Where an earlier call ended; null for all that are kept.</param>
    Task<RevocationPage> GetRevocationsAsync(RevocationPosition? since, CancellationToken ct);

    /// <summary>Deletes the families that have expired by now, and the revocations before <paramref name="revokedBefore"/>.</summary>
    /// <returns>How many families; 0 where they go by themselves.</returns>
    Task<int> SweepAsync(DateTimeOffset revokedBefore, CancellationToken ct);
}

/// <summary>A device that may come in.</summary>
/// <param name="IssuedAt">The time of issue of its access token.</param>
/// <param name="IsNew">Whether the user did not have it until now, or not since its revocation.</param>
internal sealed record Admission(DateTimeOffset IssuedAt, bool IsNew);

/// <summary>The device's access tokens issued up to this time are void.</summary>
internal sealed record Revocation(DeviceAddress Device, DateTimeOffset At);

/// <summary>Revocations, and where the next page begins.</summary>
internal sealed record RevocationPage(IReadOnlyList<Revocation> Revocations, RevocationPosition End);

/// <summary>How far revocations have been read; a store's own.</summary>
/// <param name="Seq">The number of the newest that was seen.</param>
/// <param name="At">When, by the reader's clock.</param>
internal sealed record RevocationPosition(long Seq, DateTimeOffset At);

/// <summary>How the use of a refresh token ended.</summary>
/// <param name="Outcome">Rotated, or refused.</param>
/// <param name="Device">Whose it is; default where unknown.</param>
/// <param name="IssuedAt">The time of issue of what is given out now; default where refused.</param>
/// <param name="Next">What is given out now; null where refused.</param>
internal sealed record Rotation(RotationOutcome Outcome, DeviceAddress Device, DateTimeOffset IssuedAt, RefreshToken? Next)
{
    public static Rotation Unknown { get; } = new(RotationOutcome.Unknown, default, default, null);

    public static Rotation Reused(DeviceAddress device) => new(RotationOutcome.Reused, device, default, null);
}

internal enum RotationOutcome
{
    Rotated,

    /// <summary>Never given out, expired, or of a family that has ended.</summary>
    Unknown,

    /// <summary>Used before: the family has ended now.</summary>
    Reused,
}
