using System.Collections.Concurrent;
using Chat.BuildingBlocks.Nodes;

namespace Chat.Testing;

/// <summary>
/// Nodes in one process, and the bus between them, as their ports promise it: in order for each pair, once, and what is lost is told. Nothing moves but by the
/// test, on its thread.
/// </summary>
public sealed class FakeNetwork(int seed = 0)
{
    private readonly Random _random = new(seed);
    private readonly Random _losses = new(seed);
    private readonly List<FakeServer> _nodes = [];
    private readonly ConcurrentDictionary<(NodeId From, NodeId To), Link> _links = new();
    private readonly Lock _gate = new();

    /// <summary>Of a hundred messages, how many are lost.</summary>
    public int Losses { get; set; }

    /// <summary>Of a hundred messages, how many come twice.</summary>
    public int Doubles { get; set; }

    /// <summary>Messages that were sent, also those that were lost.</summary>
    public int Sent { get; private set; }

    /// <summary>A node without a lease. Its observers and handlers are given when there are some.</summary>
    public FakeServer Add()
    {
        var node = new FakeServer(this);
        _nodes.Add(node);
        return node;
    }

    /// <summary>The node has a lease, as another one than before; the others see that when they next look.</summary>
    public void GainLease(FakeServer node)
    {
        node.Self = NodeId.New();
        node.HoldsLease = true;
        var known = node.Live;
        node.Live = Others(node);
        node.Tell(observer => observer.LeaseGained(node.Self));
        TellChanges(node, known);
    }

    public void LoseLease(FakeServer node, LeaseLoss reason = LeaseLoss.RedisUnreachable)
    {
        if (!node.HoldsLease)
            return;
        node.HoldsLease = false;
        foreach (var link in _links.Keys.Where(link => link.From == node.Self || link.To == node.Self))
            _links.TryRemove(link, out _);
        node.Tell(observer => observer.LeaseLost(reason));
    }

    /// <summary>The node is no more.</summary>
    public void Kill(FakeServer node)
    {
        node.Observers = node.Handlers = () => [];
        LoseLease(node);
        _nodes.Remove(node);
    }

    /// <summary>The node renews its lease, and sees who is live.</summary>
    public void Renew(FakeServer node)
    {
        if (!node.HoldsLease)
            return;
        var known = node.Live;
        node.Live = Others(node);
        TellChanges(node, known);
        // What came last may have been lost.
        foreach (var (ends, link) in _links)
        {
            if (ends.From != node.Self || !link.Queue.IsEmpty || Find(ends.To) is not { } to)
                continue;
            if (!to.Live.Contains(node.Self))
                Renew(to);
            Notice(to, node.Self, link, link.Last);
        }
    }

    public void RenewAll() => _nodes.ToList().ForEach(Renew);

    /// <summary>Delivers a message, if there is one.</summary>
    public bool DeliverOne()
    {
        var waiting = _links.Where(link => !link.Value.Queue.IsEmpty).OrderBy(link => (link.Key.From.Value, link.Key.To.Value)).ToList();
        if (waiting.Count == 0)
            return false;
        var (ends, link) = waiting[_random.Next(waiting.Count)];
        if (!link.Queue.TryDequeue(out var message) || Find(ends.To) is not { } to)
            return true;
        if (!to.Live.Contains(ends.From))
            Renew(to);
        if (!to.Live.Contains(ends.From))
            return true;
        Notice(to, ends.From, link, message.Number - 1);
        link.Received = message.Number;
        for (var times = _random.Next(100) < Doubles ? 2 : 1; times > 0; times--)
            to.Receive(ends.From, message.Topic, message.Payload);
        return true;
    }

    public void DeliverAll()
    {
        while (DeliverOne())
        {
        }
    }

    internal void Send(FakeServer from, NodeId to, string topic, ReadOnlyMemory<byte> payload)
    {
        lock (_gate)
        {
            if (!from.HoldsLease || !from.Live.Contains(to))
                return;
            Sent++;
            var link = _links.GetOrAdd((from.Self, to), _ => new Link());
            link.Last++;
            if (_losses.Next(100) >= Losses)
                link.Queue.Enqueue(new Message(link.Last, topic, payload.ToArray()));
        }
    }

    private static void Notice(FakeServer to, NodeId from, Link link, long number)
    {
        if (number <= link.Received)
            return;
        link.Received = number;
        to.Tell(observer => observer.Missed(from));
    }

    private static void TellChanges(FakeServer node, IReadOnlyList<NodeId> known)
    {
        foreach (var joined in node.Live.Except(known))
            node.Tell(observer => observer.Joined(joined));
        foreach (var left in known.Except(node.Live))
            node.Tell(observer => observer.Left(left));
    }

    private NodeId[] Others(FakeServer node) => [.. _nodes.Where(other => other != node && other.HoldsLease).Select(other => other.Self)];

    private FakeServer? Find(NodeId node) => _nodes.Find(one => one.HoldsLease && one.Self == node);

    private sealed record Message(long Number, string Topic, byte[] Payload);

    private sealed class Link
    {
        public ConcurrentQueue<Message> Queue { get; } = new();

        public long Last { get; set; }

        public long Received { get; set; }
    }
}

/// <summary>A node of a <see cref="FakeNetwork"/>.</summary>
public sealed class FakeServer(FakeNetwork network) : INodes, IBus
{
    public NodeId Self { get; internal set; } = NodeId.New();

    public IReadOnlyList<NodeId> Live { get; internal set; } = [];

    public bool HoldsLease { get; internal set; }

    public Func<IEnumerable<object>> Observers { get; set; } = () => [];

    public Func<IEnumerable<object>> Handlers { get; set; } = () => [];

    public void Send(NodeId to, string topic, ReadOnlyMemory<byte> payload) => network.Send(this, to, topic, payload);

    public void Broadcast(string topic, ReadOnlyMemory<byte> payload)
    {
        foreach (var node in Live)
            Send(node, topic, payload);
    }

    public Task<bool> AcknowledgedAsync(TimeSpan timeout, CancellationToken ct) => Task.FromResult(true);

    internal void Tell(Action<INodeObserver> tell)
    {
        foreach (var observer in Observers().Cast<INodeObserver>())
            tell(observer);
    }

    internal void Receive(NodeId from, string topic, byte[] payload)
    {
        foreach (var handler in Handlers().Cast<IBusHandler>().Where(handler => handler.Topic == topic))
            handler.ReceiveAsync(from, payload, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }
}
