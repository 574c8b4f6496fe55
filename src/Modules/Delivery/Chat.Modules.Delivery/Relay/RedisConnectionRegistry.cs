using System.Globalization;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.BuildingBlocks.Storage.Redis;
using StackExchange.Redis;

namespace Chat.Modules.Delivery.Relay;

/// <summary>The registry in Redis.</summary>
/// <remarks>
/// Keys: <c>{u:(user)}:devices</c>, a hash from device to the node, a blank and the connection's order. It expires a day after the last registration of one of the
/// devices; <see cref="ConnectionRegistrar"/> renews the entries of connections that last longer. Entries of a node that has ended are ignored.
/// </remarks>
internal sealed class RedisConnectionRegistry(RedisClient redis) : IConnectionRegistry
{
    /// <summary>How long a user's devices are kept without a registration.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(1);

    private const string Purpose = "connections";

    private static readonly RedisScript Register = new(Purpose, typeof(RedisConnectionRegistry).Assembly, "register-connection.lua");
    private static readonly RedisScript Remove = new(Purpose, typeof(RedisConnectionRegistry).Assembly, "remove-connection.lua");
    private static readonly RedisScript Find = new(Purpose, typeof(RedisConnectionRegistry).Assembly, "find-nodes.lua");
    private static readonly RedisScript FindDevices = new(Purpose, typeof(RedisConnectionRegistry).Assembly, "find-devices.lua");

    // One command for each, all sent at once: on a Redis Cluster the users are on different nodes, of which one may be away.
    public async Task<IReadOnlyList<long?>> RegisterAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections) =>
        await Task.WhenAll(connections.Select(connection => RegisterAsync(node, connection)));

    public Task RemoveAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections) =>
        Task.WhenAll(connections.Select(connection => redis.RunAsync(
            Remove, [KeyOf(connection.Device.User)],
            [connection.Device.Device.Value, string.Create(CultureInfo.InvariantCulture, $"{node} {connection.Order}")])));

    public async Task<IReadOnlyList<NodeId>> FindNodesAsync(UserId user)
    {
        var nodes = new List<NodeId>();
        var result = await redis.RunAsync(Find, [KeyOf(user)], []);
        for (var i = 0; i < result.Length; i++)
        {
            var node = NodeOf((string)result[i]!);
            if (!nodes.Contains(node))
                nodes.Add(node);
        }
        return nodes;
    }

    private async Task<long?> RegisterAsync(NodeId node, RegisteredConnection connection)
    {
        try
        {
            return (long)await redis.RunAsync(
                Register, [KeyOf(connection.Device.User)], [connection.Device.Device.Value, node.ToString(), connection.Order, (long)Life.TotalMilliseconds]);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }

    public async Task<IReadOnlyDictionary<DeviceId, NodeId>> FindDevicesAsync(UserId user)
    {
        var devices = new Dictionary<DeviceId, NodeId>();
        var result = await redis.RunAsync(FindDevices, [KeyOf(user)], []);
        for (var i = 0; i + 1 < result.Length; i += 2)
            devices[DeviceId.Parse((string)result[i]!)] = NodeOf((string)result[i + 1]!);
        return devices;
    }

    private static NodeId NodeOf(string entry) => NodeId.Parse(entry[..entry.IndexOf(' ', StringComparison.Ordinal)]);

    private RedisKey KeyOf(UserId user) => redis.KeyOf($"{{u:{user}}}:devices");
}
