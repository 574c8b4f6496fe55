using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;

namespace Chat.Modules.Delivery.Relay;

/// <summary>Of a server by itself.</summary>
internal sealed class EmbeddedConnectionRegistry : IConnectionRegistry
{
    public Task<IReadOnlyList<long?>> RegisterAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections) =>
        Task.FromResult<IReadOnlyList<long?>>([.. connections.Select(_ => (long?)1)]);

    public Task RemoveAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections) => Task.CompletedTask;

    public Task<IReadOnlyList<NodeId>> FindNodesAsync(UserId user) => Task.FromResult<IReadOnlyList<NodeId>>([]);

    public Task<IReadOnlyDictionary<DeviceId, NodeId>> FindDevicesAsync(UserId user) =>
        Task.FromResult<IReadOnlyDictionary<DeviceId, NodeId>>(new Dictionary<DeviceId, NodeId>());
}
