using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Identity.Contracts;

/// <summary>
/// A user has a new device: it logged in, or used an outside issuer's token, for the first time or for the first time since it was revoked. Raised after the
/// <see cref="DeviceRevoked"/> of that revocation.
/// </summary>
/// <remarks>
/// Raised at most once; not at all if the node dies or a subscriber fails at that moment. <see cref="GetDevices"/> is the truth.
/// </remarks>
public sealed record DeviceAdded(DeviceAddress Device) : IEvent;

/// <summary>
/// A device was revoked and its tokens are void: close its connection and delete its data. Raised again until no subscriber fails.
/// </summary>
public sealed record DeviceRevoked(DeviceAddress Device) : IEvent
{
    /// <summary>
    /// Do not delete the device's data. Either another node revoked the device and deletes it, and the device may have logged in again since; or the user
    /// changed the password on this device, which continues with new tokens.
    /// </summary>
    public bool KeepData { get; init; }
}

/// <summary>A device signs out: its user ends the session on it, and the device stays known. Raised before the session ends, and again if that is tried again.</summary>
public sealed record DeviceSignedOut(DeviceAddress Device) : IEvent;
