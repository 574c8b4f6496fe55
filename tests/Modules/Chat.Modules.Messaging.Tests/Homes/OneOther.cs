using System.Collections.Concurrent;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Messaging.Homes;

namespace Chat.Modules.Messaging.Tests.Homes;

/// <summary>Two servers, this one and another that has at once what it is sent. The test says what it answers.</summary>
internal sealed class OneOther : INodes, IBus
{
    private readonly ConcurrentQueue<HomeMessage> _sent = new();

    /// <summary>What the other has been sent.</summary>
    public IReadOnlyList<HomeMessage> Kinds => [.. _sent];

    public NodeId Self { get; } = NodeId.New();

    public IReadOnlyList<NodeId> Live { get; } = [NodeId.New()];

    public bool HoldsLease => true;

    public void Send(NodeId to, string topic, ReadOnlyMemory<byte> payload) => _sent.Enqueue((HomeMessage)payload.Span[0]);

    public void Broadcast(string topic, ReadOnlyMemory<byte> payload) => Send(Live[0], topic, payload);

    public Task<bool> AcknowledgedAsync(TimeSpan timeout, CancellationToken ct) => Task.FromResult(true);
}
