using System.Diagnostics.Metrics;

namespace Chat.Modules.Delivery;

internal sealed class DeliveryMetrics(IMeterFactory meters, TimeProvider clock)
{
    private readonly Counter<long> _pushed = Counter(meters, "chat.delivery.pushed", "Messages pushed to connections.");
    private readonly Counter<long> _resent = Counter(meters, "chat.delivery.resent", "Messages sent again to a live device that had not acked them.");
    private readonly Counter<long> _resyncs = Counter(meters, "chat.delivery.resyncs", "Connections told to resync.");
    private readonly Counter<long> _dropped = Counter(meters, "chat.delivery.dropped", "Events dropped for connections that were too slow.");
    private readonly Counter<long> _faults = Counter(meters, "chat.delivery.faults", "Unexpected exceptions in the delivery to a connection, which is closed with 1011.");
    private readonly Counter<long> _replaced = Counter(meters, "chat.connections.replaced", "Connections replaced by a newer one of the same device.");
    private readonly Counter<long> _refused = Counter(meters, "chat.connections.refused", "Connections refused: over a limit, or the node is leaving.");
    private readonly Counter<long> _overflowed = Counter(meters, "chat.fanout.overflowed", "Messages noted by their conversation alone, the fan-out queue being full.");
    private readonly Counter<long> _redrained = Counter(meters, "chat.delivery.redrained", "Connections that looked again for what another server may not have told.");
    private readonly Histogram<double> _acked =
        meters.Create("Chat").CreateHistogram<double>("chat.delivery.acked", "s", "From the first push of a message to the device's ack.");
    private readonly Histogram<double> _lag =
        meters.Create("Chat").CreateHistogram<double>("chat.fanout.lag", "s", "From the durable append to the end of the fan-out.");

    public long Now => clock.GetTimestamp();

    public void Pushed() => _pushed.Add(1);

    public void Resent(int messages) => _resent.Add(messages);

    public void Resynced(int dropped)
    {
        _resyncs.Add(1);
        _dropped.Add(dropped);
    }

    public void Redrained(int connections) => _redrained.Add(connections);

    public void Dropped() => _dropped.Add(1);

    public void Failed() => _faults.Add(1);

    public void Replaced() => _replaced.Add(1);

    public void Refused() => _refused.Add(1);

    public void Overflowed() => _overflowed.Add(1);

    public void Acked(long pushedAt, long now) => _acked.Record(clock.GetElapsedTime(pushedAt, now).TotalSeconds);

    public void FannedOut(long appendedAt) => _lag.Record(clock.GetElapsedTime(appendedAt).TotalSeconds);

    public void Observe(string name, string description, Func<int> value) =>
        meters.Create("Chat").CreateObservableGauge(name, value, description: description);

    private static Counter<long> Counter(IMeterFactory meters, string name, string description) =>
        meters.Create("Chat").CreateCounter<long>(name, description: description);
}
