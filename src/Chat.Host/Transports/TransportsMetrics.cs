using System.Diagnostics.Metrics;

namespace Chat.Host.Transports;

/// <summary>Refused frames, closed connections. Open connections are counted by Delivery.</summary>
internal sealed class TransportsMetrics
{
    private readonly Counter<long> _refused;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _heldBack;

    public TransportsMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Chat");
        _refused = meter.CreateCounter<long>("chat.frames_refused", description: "Clients' frames that were answered by an error, by its code.");
        _closed = meter.CreateCounter<long>("chat.connections_closed", description: "Live connections that have ended, by the code that /ws closes with; 1000 where the client ended them.");
        _heldBack = meter.CreateCounter<long>("chat.commands_held_back", description: "Times that a connection was not read until earlier commands of it had their answers.");
    }

    public void Refused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void HeldBack() => _heldBack.Add(1);

    public void Closed(CloseCode code) => _closed.Add(1, new KeyValuePair<string, object?>("code", (int)code));
}
