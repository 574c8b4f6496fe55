using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>A connection of a device was accepted.</summary>
public sealed record DeviceConnected(DeviceAddress Device, ConnectionId Connection) : IEvent;

/// <summary>A connection of a device has ended, for whatever reason. Raised once for each <see cref="DeviceConnected"/>, after it.</summary>
public sealed record DeviceDisconnected(DeviceAddress Device, ConnectionId Connection) : IEvent;

/// <summary>A device was revoked: its connection ends, and where it had got to is forgotten. Raised by the keeper of accounts, once its tokens are void.</summary>
public sealed record DeviceRevoked(DeviceAddress Device) : IEvent
{
    /// <summary>Another node has revoked it, some time ago, and deletes what is stored of it. This node must not: the device may have registered again.</summary>
    public bool Elsewhere { get; init; }
}
