using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;

namespace Chat.Modules.Delivery.Relay;

/// <summary>A connection as the registry has it.</summary>
/// <param name="Device">Whose it is.</param>
/// <param name="Order">Its place among the device's connections, over all nodes: the highest is the newest. 0 until it is known.</param>
internal readonly record struct RegisteredConnection(DeviceAddress Device, long Order);

/// <summary>Which devices are connected to which node, shared by all nodes. It may lose everything at any moment.</summary>
internal interface IConnectionRegistry
{
    /// <summary>
    /// Registers connections of a node. One without an order becomes the newest of its device; one that has an order keeps it, so that registering it again changes
    /// nothing but how long it is kept.
    /// </summary>
    /// <returns>The order of each; 0 where a newer connection of the device is registered.</returns>
    /// <exception cref="BuildingBlocks.Errors.StoreUnavailableException">Some may be registered, and some not.</exception>
    Task<IReadOnlyList<long>> RegisterAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections);

    /// <summary>Removes connections of a node. One that was replaced by a newer one is passed over.</summary>
    /// <inheritdoc cref="RegisterAsync" path="/exception"/>
    Task RemoveAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections);

    /// <summary>The nodes to which a user has connected, each once; some may have ended since.</summary>
    /// <exception cref="BuildingBlocks.Errors.StoreUnavailableException">Not known.</exception>
    Task<IReadOnlyList<NodeId>> FindNodesAsync(UserId user);
}
