using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;

namespace Chat.Modules.Delivery.Relay;

/// <summary>A connection in the registry.</summary>
/// <param name="Order">Orders the device's connections on all nodes: the highest is the newest. 0 until it is known.</param>
internal readonly record struct RegisteredConnection(DeviceAddress Device, long Order);

/// <summary>Which devices are connected to which node; shared by all nodes. It may lose its data at any moment.</summary>
internal interface IConnectionRegistry
{
    /// <summary>
    /// Registers connections of a node. A connection without an order becomes the newest of its device. A connection with an order keeps it: registering it again only
    /// renews its entry.
    /// </summary>
    /// <returns>
    /// The order of each; 0 if a newer connection of the device is registered; null for one that could not be registered, or of which that is not known: the same again is safe.
    /// </returns>
    Task<IReadOnlyList<long?>> RegisterAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections);

    /// <summary>Removes connections of a node. A connection that was replaced by a newer one is ignored.</summary>
    /// <exception cref="BuildingBlocks.Errors.StoreUnavailableException">Some may be removed, and some not.</exception>
    Task RemoveAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections);

    /// <summary>The nodes that a user is connected to, each once; some may have ended since.</summary>
    /// <exception cref="BuildingBlocks.Errors.StoreUnavailableException">Not known.</exception>
    Task<IReadOnlyList<NodeId>> FindNodesAsync(UserId user);

    /// <summary>The devices of a user that are connected, each with its node, which may have ended since.</summary>
    /// <exception cref="BuildingBlocks.Errors.StoreUnavailableException">Not known.</exception>
    Task<IReadOnlyDictionary<DeviceId, NodeId>> FindDevicesAsync(UserId user);
}
