using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Identity.Contracts;

/// <summary>
/// A user has a device more: it logged in, or showed an outside issuer's token, for the first time or for the first time since its revocation. After
/// the <see cref="DeviceRevoked"/> of that.
/// </summary>
/// <remarks>
/// Raised at most once, and never where the node dies, or a subscriber fails, at that moment: <see cref="GetDevices"/> is the truth.
/// </remarks>
public sealed record DeviceAdded(DeviceAddress Device) : IEvent;

/// <summary>
/// A device was revoked, and its tokens are void: its connection ends, and what is kept of it is deleted. Raised again until no subscriber fails.
/// </summary>
public sealed record DeviceRevoked(DeviceAddress Device) : IEvent
{
    /// <summary>
    /// What is stored of it must not be deleted here: another node has revoked it, some time ago, and does that, and the device may have registered again;
    /// or its user has changed the password from it, and it goes on with new tokens.
    /// </summary>
    public bool KeepData { get; init; }
}
