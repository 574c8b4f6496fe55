using System.Threading.Channels;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Relay;

/// <summary>
/// The other nodes that users are connected to. Users who are not in memory are read from the registry, and until then they may be on every live node: a node
/// is left out only if it certainly has no connection of the user.
/// </summary>
/// <remarks>
/// It is certain if the node has said that all of its connections are registered (<see cref="SetRegistered"/>), and the user's nodes were read from the registry after
/// that. Changes since then come by the bus.
/// </remarks>
internal sealed class UserNodes : BackgroundService
{
    private const int MaxWaiting = 8_192;
    private const int ReadAtOnce = 256;

    private readonly IConnectionRegistry _registry;
    private readonly ILogger<UserNodes> _log;
    private readonly int _half;
    private readonly Channel<UserId> _toRead = Channel.CreateBounded<UserId>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Lock _gate = new();

    // Under _gate. Users used lately, and users used before them.
    private Dictionary<UserId, NodeId[]> _recent = [];
    private Dictionary<UserId, NodeId[]> _older = [];

    // Users who wait to be read, or are being read. True: they changed meanwhile, and the result cannot be used.
    private readonly Dictionary<UserId, bool> _reading = [];

    // The live nodes, and whether each has registered all of its connections. Replaced under _gate, read without.
    private volatile Peer[] _peers = [];

    public UserNodes(IConnectionRegistry registry, IOptions<DeliveryOptions> options, DeliveryMetrics metrics, ILogger<UserNodes> log)
    {
        (_registry, _log, _half) = (registry, log, options.Value.MaxCachedUserNodes / 2);
        metrics.Observe("chat.relay.cached_users", "Users whose nodes are in memory.", () => Count);
    }

    /// <summary>Whether there are other nodes.</summary>
    public bool HasOthers => _peers.Length > 0;

    private int Count
    {
        get
        {
            lock (_gate)
                return _recent.Count + _older.Count;
        }
    }

    /// <summary>Whether the user may have a connection to another node.</summary>
    public bool MayReach(UserId user)
    {
        var peers = _peers;
        if (peers.Length == 0)
            return false;
        if (Array.Exists(peers, peer => !peer.IsRegistered))
            return true;
        lock (_gate)
            return Find(user) is not { } nodes || Array.Exists(peers, peer => Array.IndexOf(nodes, peer.Node) >= 0);
    }

    /// <summary>Whether the device may be connected to another node; asks the registry where its user may have a connection there.</summary>
    public async ValueTask<bool> MayReachAsync(DeviceAddress device)
    {
        if (!MayReach(device.User))
            return false;
        try
        {
            return (await _registry.FindDevicesAsync(device.User)).TryGetValue(device.Device, out var node)
                ? Array.Exists(_peers, peer => peer.Node == node)
                : Array.Exists(_peers, peer => !peer.IsRegistered);
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }

    /// <summary>The nodes that may have a connection of one of the users.</summary>
    public IReadOnlyList<NodeId> NodesOf(IReadOnlyList<UserId> users)
    {
        var peers = _peers;
        if (peers.Length == 0)
            return [];
        var found = new List<NodeId>(peers.Length);
        var isUnknown = false;
        lock (_gate)
        {
            // Goes through all users, so that those who are not known are read for the next time.
            for (var i = 0; i < users.Count; i++)
            {
                if (Find(users[i]) is not { } nodes)
                {
                    isUnknown = true;
                    continue;
                }
                foreach (var node in nodes)
                {
                    if (!found.Contains(node))
                        found.Add(node);
                }
            }
        }
        return [.. peers.Where(peer => isUnknown || !peer.IsRegistered || found.Contains(peer.Node)).Select(peer => peer.Node)];
    }

    /// <summary>A node is live. It may already be known.</summary>
    public void Add(NodeId node)
    {
        lock (_gate)
        {
            if (!Array.Exists(_peers, peer => peer.Node == node))
                _peers = [.. _peers, new Peer(node, IsRegistered: false)];
        }
    }

    public void Remove(NodeId node)
    {
        lock (_gate)
            _peers = [.. _peers.Where(peer => peer.Node != node)];
    }

    public void RemoveAll()
    {
        lock (_gate)
        {
            _peers = [];
            Forget();
        }
    }

    /// <summary>The node has registered all of its connections. What was read before may lack them.</summary>
    public void SetRegistered(NodeId node)
    {
        lock (_gate)
        {
            _peers = [.. _peers.Select(peer => peer.Node == node ? peer with { IsRegistered = true } : peer)];
            Forget();
        }
    }

    /// <summary>The registry may have lost its data.</summary>
    public void ForgetRegistry()
    {
        lock (_gate)
        {
            _peers = [.. _peers.Select(peer => peer with { IsRegistered = false })];
            Forget();
        }
    }

    /// <summary>Messages of other nodes may have been lost.</summary>
    public void ForgetUsers()
    {
        lock (_gate)
            Forget();
    }

    /// <summary>The user has connected to the node.</summary>
    public void Arrived(UserId user, NodeId node)
    {
        lock (_gate)
        {
            if (_reading.ContainsKey(user))
                _reading[user] = true;
            if (Find(user, reads: false) is { } nodes && Array.IndexOf(nodes, node) < 0)
                _recent[user] = [.. nodes, node];
        }
    }

    /// <summary>The user has no connection to the node any more.</summary>
    public void Left(UserId user, NodeId node)
    {
        lock (_gate)
        {
            if (_reading.ContainsKey(user))
                _reading[user] = true;
            if (Find(user, reads: false) is { } nodes && Array.IndexOf(nodes, node) >= 0)
                _recent[user] = Array.FindAll(nodes, other => other != node);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var users = new List<UserId>(ReadAtOnce);
        while (await _toRead.Reader.WaitToReadAsync(stoppingToken))
        {
            while (users.Count < ReadAtOnce && _toRead.Reader.TryRead(out var user))
                users.Add(user);
            await Task.WhenAll(users.Select(ReadAsync));
            users.Clear();
        }
    }

    private async Task ReadAsync(UserId user)
    {
        IReadOnlyList<NodeId>? nodes = null;
        lock (_gate)
            _reading[user] = false;
        try
        {
            nodes = await _registry.FindNodesAsync(user);
        }
        catch (StoreUnavailableException)
        {
            // The user stays unknown, and messages go to all nodes.
        }
        catch (Exception e)
        {
            _log.NodesNotRead(e);
        }
        lock (_gate)
        {
            if (_reading.Remove(user, out var isOvertaken) && !isOvertaken && nodes is not null)
                Keep(user, [.. nodes]);
        }
    }

    // Under _gate, as all below.
    private NodeId[]? Find(UserId user, bool reads = true)
    {
        if (_recent.TryGetValue(user, out var nodes))
            return nodes;
        if (_older.Remove(user, out nodes))
        {
            Keep(user, nodes);
            return nodes;
        }
        // If too many wait, the user is read the next time.
        if (reads && !_reading.ContainsKey(user) && _toRead.Writer.TryWrite(user))
            _reading.Add(user, false);
        return null;
    }

    private void Keep(UserId user, NodeId[] nodes)
    {
        if (_recent.Count >= _half)
            (_older, _recent) = (_recent, []);
        _recent[user] = nodes;
    }

    private void Forget()
    {
        _recent = [];
        _older = [];
        foreach (var user in _reading.Keys)
            _reading[user] = true;
    }

    private sealed record Peer(NodeId Node, bool IsRegistered);
}
