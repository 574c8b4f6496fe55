using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// Resyncs a connection whose client reads too slowly: drops the waiting events, sets the window back to the device's cursors, and starts the drain again.
/// Guarded by the connection's gate.
/// </summary>
internal sealed class Resync(SendQueue sendQueue, SendWindow window, Drain drain, DeliveryMetrics metrics)
{
    /// <summary><c>resync</c> still waits to be written; until then no event is added.</summary>
    public bool IsPending { get; private set; }

    public void Begin()
    {
        var dropped = sendQueue.DropEvents();
        window.RollBack(dropped.OfType<EntryEvent>().GroupBy(item => item.Message.Conversation)
            .ToDictionary(items => items.Key, items => new SeqNo(items.Min(item => item.Message.SeqNo.Value))));
        drain.Restart();
        IsPending = true;
        sendQueue.AddAnswer(new ResyncEvent());
        metrics.Resynced(dropped.Count);
    }

    /// <summary>A batch is about to be written.</summary>
    public void Taken(List<ServerEvent> batch)
    {
        if (IsPending && batch.Exists(item => item is ResyncEvent))
            IsPending = false;
    }
}
