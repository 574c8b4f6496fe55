using System.Collections.Concurrent;
using Chat.BuildingBlocks.Nodes.Leases;
using Chat.BuildingBlocks.Storage.Redis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>
/// The bus over Redis's channels, one for each node. Redis keeps nothing of it: a receiver that is away for a moment finds by the numbers that it has missed
/// something. Only <see cref="LeaseKeeper"/> opens, closes and changes it.
/// </summary>
internal sealed class RedisBus(
    RedisClient redis, Membership membership, BusHandlers handlers, NodeObservers observers, IOptions<NodesOptions> options, NodesMetrics metrics, TimeProvider clock,
    ILogger<RedisBus> log) : IBus
{
    // Nodes that are not known to be live get a peer until they are looked for. More than this are not nodes.
    private const int MaxPeers = 4_096;

    private readonly BusServices _services = new(redis, membership, handlers, observers, options.Value, metrics, clock, log);
    private readonly ConcurrentDictionary<NodeId, Peer> _peers = new();
    private readonly Lock _gate = new();

    // Those that are live; written under _gate.
    private volatile Peer[] _live = [];
    private IAsyncDisposable? _subscription;

    public void Send(NodeId to, string topic, ReadOnlyMemory<byte> payload)
    {
        Check(topic);
        if (membership.HoldsLease && Array.Find(_live, peer => peer.Node == to) is { } peer)
            peer.Outgoing.Add(topic, payload);
        else
            metrics.Dropped(membership.HoldsLease ? "not_live" : "no_lease");
    }

    public void Broadcast(string topic, ReadOnlyMemory<byte> payload)
    {
        Check(topic);
        var live = _live;
        if (!membership.HoldsLease)
        {
            metrics.Dropped("no_lease");
            return;
        }
        foreach (var peer in live)
            peer.Outgoing.Add(topic, payload);
    }

    public async Task<bool> AcknowledgedAsync(TimeSpan timeout, CancellationToken ct)
    {
        if (!membership.HoldsLease)
            return false;
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            await Task.WhenAll(_live.Select(peer => peer.Outgoing.AcknowledgedAsync(given.Token)));
            return membership.HoldsLease;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Receives what is sent to this node from here on.</summary>
    /// <exception cref="Errors.StoreUnavailableException">Redis did not answer.</exception>
    public async Task OpenAsync(NodeId self) =>
        _subscription ??= await redis.SubscribeAsync(BusServices.Purpose, BusServices.ChannelOf(self), message => Receive(self, message));

    /// <summary>Forgets what waits, in both directions, and receives nothing more. Waits for no handler.</summary>
    /// <returns>The peers, whose handlers may still run.</returns>
    public async Task<IReadOnlyList<Peer>> CloseAsync()
    {
        lock (_gate)
            _live = [];
        var ended = _peers.Values.ToList();
        foreach (var peer in ended)
            End(peer, "no_lease");
        if (_subscription is { } subscription)
            await subscription.DisposeAsync();
        _subscription = null;
        return ended;
    }

    /// <summary>A node is live: it can be sent to.</summary>
    public void Add(NodeId node)
    {
        lock (_gate)
            _live = [.. _live.Where(peer => peer.Node != node), PeerOf(node)];
    }

    /// <summary>All observers know of the nodes that are live: these are heard.</summary>
    public void AdmitLive()
    {
        foreach (var peer in _live)
            peer.Incoming.Admit();
    }

    public void Remove(NodeId node)
    {
        lock (_gate)
            _live = [.. _live.Where(peer => peer.Node != node)];
        if (_peers.TryGetValue(node, out var peer))
            End(peer, "not_live");
    }

    /// <summary>Tells each other node how far this one has got, so that it sees what it has missed.</summary>
    public void Beat()
    {
        foreach (var peer in _live)
            peer.Outgoing.Beat();
    }

    /// <summary>Tells the others that this node ends.</summary>
    public Task SayGoodbyeAsync() => Task.WhenAll(_live.Select(peer => peer.Outgoing.SayGoodbyeAsync()));

    private void Receive(NodeId self, ReadOnlyMemory<byte> message)
    {
        if (self != membership.Self)
            return;
        if (!Batch.TryRead(message, out var batch))
        {
            metrics.Failed();
            log.BatchMalformed();
            return;
        }
        if (!_peers.ContainsKey(batch.From) && _peers.Count >= MaxPeers)
        {
            metrics.Dropped("not_live", batch.Count);
            return;
        }
        var peer = PeerOf(batch.From);
        peer.Outgoing.Acknowledge(batch.AcknowledgedStream, batch.Acknowledged);
        peer.Incoming.Add(batch);
    }

    private Peer PeerOf(NodeId node)
    {
        while (true)
        {
            if (_peers.TryGetValue(node, out var known))
                return known;
            var added = new Peer(node, _services, TryLeave);
            if (_peers.TryAdd(node, added))
                return added;
            added.End("not_live");
        }
    }

    private bool TryLeave(Peer peer)
    {
        lock (_gate)
        {
            if (Array.IndexOf(_live, peer) >= 0)
                return false;
            End(peer, "not_live");
            return true;
        }
    }

    private void End(Peer peer, string reason)
    {
        _peers.TryRemove(KeyValuePair.Create(peer.Node, peer));
        peer.End(reason);
    }

    private static void Check(string topic)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(topic.Length, Batch.MaxTopicBytes, nameof(topic));
    }
}
