using System.Diagnostics.Metrics;

namespace Chat.BuildingBlocks.Nodes;

/// <summary>What an operator sees of the nodes and of the bus.</summary>
internal sealed class NodesMetrics
{
    private readonly Counter<long> _leasesLost;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _batches;
    private readonly Counter<long> _received;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _gaps;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _takenElsewhere;
    private readonly UpDownCounter<long> _waiting;
    private readonly UpDownCounter<long> _waitingBytes;

    public NodesMetrics(IMeterFactory meters, INodes nodes)
    {
        var meter = meters.Create("Chat");
        meter.CreateObservableGauge("chat.nodes.live", () => nodes.Live.Count, description: "Other servers whose lease runs.");
        meter.CreateObservableGauge("chat.nodes.lease", () => nodes.HoldsLease ? 1 : 0, description: "1 while this server holds its lease, else 0.");
        _leasesLost = meter.CreateCounter<long>("chat.nodes.leases_lost", description: "Times that this server's lease has ended, by reason.");
        _sent = meter.CreateCounter<long>("chat.bus.sent", description: "Messages to other servers, one for each receiver.");
        _batches = meter.CreateCounter<long>("chat.bus.batches", description: "What they were sent in; those without messages are not counted.");
        _received = meter.CreateCounter<long>("chat.bus.received", description: "Messages from other servers that a handler has taken in.");
        _dropped = meter.CreateCounter<long>("chat.bus.dropped", description: "Messages to other servers that were not sent, or from them and not taken in, by reason.");
        _gaps = meter.CreateCounter<long>("chat.bus.gaps", description: "Times that messages of another server were found missing.");
        _failures = meter.CreateCounter<long>("chat.bus.failures", description: "Messages that a handler has failed on, and batches that could not be read.");
        _takenElsewhere = meter.CreateCounter<long>("chat.rates.taken_elsewhere", description: "Requests that other servers admitted and that count here against their device's, user's or address's rate.");
        _waiting = meter.CreateUpDownCounter<long>("chat.bus.waiting", description: "Messages that wait to be sent or to be taken in.");
        _waitingBytes = meter.CreateUpDownCounter<long>("chat.bus.waiting_bytes", "By", "The same in bytes.");
    }

    public void LeaseLost(LeaseLoss reason) => _leasesLost.Add(1, KeyValuePair.Create<string, object?>("reason", reason switch
    {
        LeaseLoss.StoodStill => "stood_still",
        LeaseLoss.Refused => "refused",
        _ => "redis_unreachable",
    }));

    public void Sent(int messages)
    {
        _sent.Add(messages);
        _batches.Add(1);
    }

    public void Received() => _received.Add(1);

    /// <param name="reason"><c>full</c>, <c>not_live</c>, <c>no_lease</c> or <c>not_sent</c>.</param>
    /// <param name="messages">How many.</param>
    public void Dropped(string reason, long messages = 1)
    {
        if (messages > 0)
            _dropped.Add(messages, KeyValuePair.Create<string, object?>("reason", reason));
    }

    public void Missed() => _gaps.Add(1);

    public void Failed() => _failures.Add(1);

    public void TakenElsewhere(int requests) => _takenElsewhere.Add(requests);

    public void Waits(long messages, long bytes)
    {
        _waiting.Add(messages);
        _waitingBytes.Add(bytes);
    }
}
