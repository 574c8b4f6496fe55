using Chat.BuildingBlocks.Nodes;

namespace Chat.Modules.Messaging.Settings;

/// <summary>Hears what users have set through other nodes. What may not have been heard is read from the store when it is next asked for.</summary>
internal sealed class OwnSettingsInvalidator(OwnSettingsDirectory directory) : IBusHandler, INodeObserver
{
    public string Topic => SettingsChanged.Topic;

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        directory.Invalidate(SettingsChanged.Decode(payload));
        return ValueTask.CompletedTask;
    }

    public void Missed(NodeId from) => directory.DoubtAll();

    // It may have died between a change and the word of it.
    public void Left(NodeId node) => directory.DoubtAll();

    // It may have been there before without a lease, and told nobody.
    public void Joined(NodeId node) => directory.DoubtAll();

    public void LeaseGained(NodeId self) => directory.DoubtAll();
}
