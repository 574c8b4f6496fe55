using Chat.BuildingBlocks.Nodes;

namespace Chat.Testing;

/// <summary>Connects nodes in one process: what is sent has reached the connected handlers when the call returns. Without handlers it is lost.</summary>
public sealed class FakeBus : IBus
{
    private readonly List<IBusHandler> _handlers = [];
    private readonly List<string> _topics = [];

    /// <summary>The topics of all messages, in order.</summary>
    public IReadOnlyList<string> Topics => _topics;

    /// <summary>Adds the handler of another node.</summary>
    public void Connect(IBusHandler handler) => _handlers.Add(handler);

    /// <summary>What is sent to it is lost from here on.</summary>
    public void Disconnect(IBusHandler handler) => _handlers.Remove(handler);

    public void Send(NodeId to, string topic, ReadOnlyMemory<byte> payload) => Broadcast(topic, payload);

    public void Broadcast(string topic, ReadOnlyMemory<byte> payload)
    {
        lock (_topics)
            _topics.Add(topic);
        foreach (var handler in _handlers.Where(handler => handler.Topic == topic))
            handler.ReceiveAsync(new NodeId(1), payload.ToArray(), CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    public Task<bool> AcknowledgedAsync(TimeSpan timeout, CancellationToken ct) => Task.FromResult(true);
}
