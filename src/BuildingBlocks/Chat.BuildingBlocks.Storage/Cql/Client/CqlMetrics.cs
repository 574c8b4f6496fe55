using System.Diagnostics.Metrics;

namespace Chat.BuildingBlocks.Storage.Cql.Client;

/// <summary>What the client counts.</summary>
internal sealed class CqlMetrics
{
    private readonly TimeProvider _clock;
    private readonly Histogram<double> _requests;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _timeouts;
    private readonly UpDownCounter<long> _connections;
    private readonly UpDownCounter<long> _waiting;

    public CqlMetrics(IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        var meter = meters.Create("Chat");
        _requests = meter.CreateHistogram<double>("chat.cql.requests", "s", "Statements and batches: from the call to the answer, retries included.");
        _inFlight = meter.CreateUpDownCounter<long>("chat.cql.in_flight", description: "Statements and batches that wait for their answer.");
        _failures = meter.CreateCounter<long>("chat.cql.failures", description: "Statements and batches that ended in an exception.");
        _retries = meter.CreateCounter<long>("chat.cql.retries", description: "Times that one was sent again.");
        _timeouts = meter.CreateCounter<long>("chat.cql.timeouts", description: "Times that no answer came in time.");
        _connections = meter.CreateUpDownCounter<long>("chat.cql.connections", description: "Open connections to nodes.");
        _waiting = meter.CreateUpDownCounter<long>("chat.cql.waiting", description: "Requests that wait as too many are under way on their connection.");
    }

    public void Began() => _inFlight.Add(1);

    public void Ended(long started)
    {
        _inFlight.Add(-1);
        if (_requests.Enabled)
            _requests.Record(_clock.GetElapsedTime(started).TotalSeconds);
    }

    public void Failed() => _failures.Add(1);

    public void Retried() => _retries.Add(1);

    public void TimedOut() => _timeouts.Add(1);

    public void Opened() => _connections.Add(1);

    public void Closed() => _connections.Add(-1);

    public void Waits(int more)
    {
        if (more != 0)
            _waiting.Add(more);
    }
}
