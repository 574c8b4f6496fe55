namespace Chat.BuildingBlocks.Nodes.Bus;

/// <summary>Of a server by itself: there is nobody to tell.</summary>
internal sealed class EmbeddedBus : IBus
{
    public void Send(NodeId to, string topic, ReadOnlyMemory<byte> payload)
    {
    }

    public void Broadcast(string topic, ReadOnlyMemory<byte> payload)
    {
    }

    public Task<bool> AcknowledgedAsync(TimeSpan timeout, CancellationToken ct) => Task.FromResult(true);
}
