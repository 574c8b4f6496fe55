using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Identity.Contracts;

/// <summary>
/// A device was revoked, and its tokens are void: its connection ends, and what is kept of it is deleted. Raised again until no subscriber fails.
/// </summary>
public sealed record DeviceRevoked(DeviceAddress Device) : IEvent
{
    /// <summary>Another node has revoked it, some time ago, and deletes what is stored of it. This node must not: the device may have registered again.</summary>
    public bool Elsewhere { get; init; }
}
