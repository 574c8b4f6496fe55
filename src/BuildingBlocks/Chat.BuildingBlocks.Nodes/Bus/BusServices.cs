using Chat.BuildingBlocks.Nodes.Leases;
using Chat.BuildingBlocks.Storage.Redis;
using Microsoft.Extensions.Logging;

namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>What all peers of the bus need.</summary>
internal sealed record BusServices(
    RedisClient Redis, Membership Membership, BusHandlers Handlers, NodeObservers Observers, NodesOptions Options, NodesMetrics Metrics, TimeProvider Clock, ILogger Log)
{
    public const string Purpose = "bus";

    public TimeSpan Lease { get; } = TimeSpan.FromMilliseconds(Options.LeaseMs);

    /// <summary>A node's channel. No hash tag: on a Redis Cluster the nodes spread over it.</summary>
    public static string ChannelOf(NodeId node) => $"bus:{node}";
}
