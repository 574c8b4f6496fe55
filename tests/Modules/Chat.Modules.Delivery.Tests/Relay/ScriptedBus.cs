using System.Collections.Concurrent;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Relay;

namespace Chat.Modules.Delivery.Tests.Relay;

/// <summary>Keeps what is sent. The others acknowledge when the test says so.</summary>
internal sealed class ScriptedBus : IBus, INodes
{
    private readonly ConcurrentQueue<(NodeId? To, byte[] Payload)> _sent = new();

    public NodeId Self { get; } = NodeId.New();

    public IReadOnlyList<NodeId> Live { get; set; } = [];

    public bool HoldsLease { get; set; } = true;

    /// <summary>What was sent, and to whom; null to all.</summary>
    public IReadOnlyList<(NodeId? To, byte[] Payload)> Sent => [.. _sent];

    public IReadOnlyList<RelayKind> Kinds => [.. Sent.Select(message => (RelayKind)message.Payload[0])];

    /// <summary>The next answers to those who wait for an acknowledgement; true when there are none.</summary>
    public ConcurrentQueue<Task<bool>> Acknowledgements { get; } = new();

    public void Send(NodeId to, string topic, ReadOnlyMemory<byte> payload) => _sent.Enqueue((to, payload.ToArray()));

    public void Broadcast(string topic, ReadOnlyMemory<byte> payload) => _sent.Enqueue((null, payload.ToArray()));

    public Task<bool> AcknowledgedAsync(TimeSpan timeout, CancellationToken ct) =>
        Acknowledgements.TryDequeue(out var next) ? next : Task.FromResult(true);
}

/// <summary>A registry whose answers wait for the test.</summary>
internal sealed class ScriptedRegistry : IConnectionRegistry
{
    private long _order;

    public ConcurrentDictionary<UserId, IReadOnlyList<NodeId>> Nodes { get; } = new();

    /// <summary>Awaited by each read after it has taken its answer.</summary>
    public Func<UserId, Task> Reading { get; set; } = _ => Task.CompletedTask;

    /// <summary>Awaited before each registration; may throw, and then nothing is registered.</summary>
    public Func<Task> Registering { get; set; } = () => Task.CompletedTask;

    /// <summary>Devices that are not registered.</summary>
    public Func<DeviceAddress, bool> Refuses { get; set; } = _ => false;

    /// <summary>Each registration.</summary>
    public ConcurrentQueue<DeviceAddress> Registered { get; } = new();

    public int Reads { get; private set; }

    /// <summary>Calls to register.</summary>
    public int Asked { get; private set; }

    /// <summary>Registrations that were refused.</summary>
    public int Refused { get; private set; }

    public async Task<IReadOnlyList<long?>> RegisterAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections)
    {
        Asked++;
        try
        {
            await Registering();
            return [.. connections.Select(Register)];
        }
        catch (StoreUnavailableException)
        {
            return new long?[connections.Count];
        }
    }

    private long? Register(RegisteredConnection connection)
    {
        if (Refuses(connection.Device))
        {
            Refused++;
            return null;
        }
        Registered.Enqueue(connection.Device);
        return connection.Order != 0 ? connection.Order : Interlocked.Increment(ref _order);
    }

    public Task RemoveAsync(NodeId node, IReadOnlyList<RegisteredConnection> connections) => Task.CompletedTask;

    public Task<IReadOnlyDictionary<DeviceId, NodeId>> FindDevicesAsync(UserId user) =>
        Task.FromResult<IReadOnlyDictionary<DeviceId, NodeId>>(new Dictionary<DeviceId, NodeId>());

    public async Task<IReadOnlyList<NodeId>> FindNodesAsync(UserId user)
    {
        Reads++;
        var answer = Nodes.GetValueOrDefault(user, []);
        await Reading(user);
        return answer;
    }
}
