namespace Chat.BuildingBlocks.Ids;

/// <summary>One live socket of a device, unique within a running node; a device's next connection has another.</summary>
public readonly record struct ConnectionId(long Value);
