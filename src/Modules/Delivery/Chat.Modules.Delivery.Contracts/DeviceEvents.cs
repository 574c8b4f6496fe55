using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Delivery.Contracts;

/// <summary>A connection of a device was accepted.</summary>
public sealed record DeviceConnected(DeviceAddress Device, ConnectionId Connection) : IEvent;

/// <summary>A connection of a device ended, for any reason. Raised once for each <see cref="DeviceConnected"/>, after it.</summary>
public sealed record DeviceDisconnected(DeviceAddress Device, ConnectionId Connection) : IEvent;
