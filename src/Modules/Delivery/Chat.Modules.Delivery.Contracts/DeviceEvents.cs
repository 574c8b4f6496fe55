using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>A connection of a device was taken in.</summary>
/// <param name="Device">Whose.</param>
/// <param name="Connection">Which.</param>
public sealed record DeviceConnected(DeviceAddress Device, ConnectionId Connection) : IEvent;

/// <summary>A connection of a device has ended, for whatever reason. Raised once for each <see cref="DeviceConnected"/>, after it.</summary>
/// <param name="Device">Whose.</param>
/// <param name="Connection">Which.</param>
public sealed record DeviceDisconnected(DeviceAddress Device, ConnectionId Connection) : IEvent;

/// <summary>A device was revoked: its connection ends, and where it had got to is forgotten. Raised by the keeper of accounts, once its tokens are void.</summary>
/// <param name="Device">Which.</param>
public sealed record DeviceRevoked(DeviceAddress Device) : IEvent
{
    /// <summary>Another node has revoked it, a while ago: what is stored of it is that node's to forget, for the device may be here again.</summary>
    public bool Elsewhere { get; init; }
}
