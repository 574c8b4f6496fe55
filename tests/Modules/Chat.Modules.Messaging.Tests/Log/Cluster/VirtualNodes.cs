using Chat.BuildingBlocks.Nodes;

namespace Chat.Modules.Messaging.Tests.Log.Cluster;

/// <summary>Nodes in virtual time: messages of one to another come in order or are lost, a node that stands still loses its lease, and the others hear of it later.</summary>
internal sealed class VirtualNodes(VirtualTime time)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMilliseconds(300);

    private readonly List<VirtualNode> _live = [];
    private ulong _ids;

    /// <summary>How likely a message is lost.</summary>
    public double Faults { get; set; }

    public VirtualNode Add(VirtualProcess process) => new(this, time, process);

    /// <summary>A node begins a new life.</summary>
    public void Join(VirtualNode node)
    {
        node.Begin(new NodeId(++_ids), [.. _live.Select(other => other.Self)]);
        foreach (var other in _live)
            other.Hears(node.Self, isLive: true);
        _live.Add(node);
    }

    /// <summary>A node stands still, for good or not: when its lease is over the others are told.</summary>
    /// <param name="node">The one.</param>
    /// <param name="goesOn">Whether it has gone on in time.</param>
    public void StandsStill(VirtualNode node, Func<bool> goesOn) => time.At(Lease, () =>
    {
        if (goesOn() || !_live.Remove(node))
            return;
        node.LoseLease();
        foreach (var other in _live)
            time.At(time.Between(0, 100), () => other.Hears(node.Self, isLive: false));
    });

    public VirtualNode? Find(NodeId id) => _live.Find(node => node.Self == id);
}

internal sealed class VirtualNode(VirtualNodes nodes, VirtualTime time, VirtualProcess process) : INodes, IBus
{
    // What is on its way to each, null for what is lost; what is to be done here, in order; and from whom something was lost that is not told yet.
    private readonly Dictionary<NodeId, Queue<byte[]?>> _sent = [];
    private readonly Queue<Action> _inbox = new();
    private readonly HashSet<NodeId> _missed = [];
    private readonly List<NodeId> _others = [];

    public NodeId Self { get; private set; }

    public IReadOnlyList<NodeId> Live => [.. _others];

    public bool HoldsLease { get; private set; }

    public IBusHandler Handler { get; set; } = null!;

    public INodeObserver Observer { get; set; } = null!;

    public void Begin(NodeId self, IReadOnlyList<NodeId> others)
    {
        Self = self;
        _sent.Clear();
        _missed.Clear();
        Do(() =>
        {
            _others.Clear();
            _others.AddRange(others);
            HoldsLease = true;
            Observer.LeaseGained(self);
        });
    }

    public void LoseLease()
    {
        HoldsLease = false;
        Do(() => Observer.LeaseLost(LeaseLoss.StoodStill));
    }

    public void Hears(NodeId other, bool isLive) => Do(() =>
    {
        if (!HoldsLease || _others.Contains(other) == isLive)
            return;
        if (isLive)
        {
            _others.Add(other);
            Observer.Joined(other);
        }
        else
        {
            _others.Remove(other);
            Observer.Left(other);
        }
    });

    public void Send(NodeId to, string topic, ReadOnlyMemory<byte> payload)
    {
        if (!HoldsLease || !_others.Contains(to))
            return;
        if (!_sent.TryGetValue(to, out var sent))
            _sent[to] = sent = new Queue<byte[]?>();
        sent.Enqueue(time.Chance(nodes.Faults) ? null : payload.ToArray());
        var from = Self;
        time.At(time.Between(0.1, 3), () =>
        {
            if (sent.Dequeue() is var message && nodes.Find(to) is { } receiver)
                receiver.Receive(from, message);
        });
    }

    public void Broadcast(string topic, ReadOnlyMemory<byte> payload)
    {
        foreach (var other in Live)
            Send(other, topic, payload);
    }

    public Task<bool> AcknowledgedAsync(TimeSpan timeout, CancellationToken ct) => Task.FromResult(true);

    private void Receive(NodeId from, byte[]? message) => Do(() =>
    {
        if (!HoldsLease)
            return;
        if (message is null)
        {
            // Found by the next message, or by the next beat.
            _missed.Add(from);
            time.At(time.Between(20, 200), () => Do(() => TellMissed(from)));
            return;
        }
        Hears(from, isLive: true);
        TellMissed(from);
        Handler.ReceiveAsync(from, message, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    });

    private void TellMissed(NodeId from)
    {
        if (_missed.Remove(from) && HoldsLease)
            Observer.Missed(from);
    }

    private void Do(Action action)
    {
        _inbox.Enqueue(action);
        process.Post(_ => _inbox.Dequeue()(), null);
    }
}
