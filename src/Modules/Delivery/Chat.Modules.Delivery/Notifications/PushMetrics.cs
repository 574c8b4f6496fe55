using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Chat.Modules.Delivery.Notifications.Due;

namespace Chat.Modules.Delivery.Notifications;

/// <summary>Metrics of push notifications, each by platform.</summary>
internal sealed class PushMetrics
{
    private readonly TimeProvider _clock;
    private readonly Counter<long> _due;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _cancelled;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _dead;
    private readonly Histogram<double> _lag;

    // As each was last asked for.
    private readonly ConcurrentDictionary<PushKind, DueSummary> _queues = new();

    public PushMetrics(IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        var meter = meters.Create("Chat");
        _due = meter.CreateCounter<long>("chat.push.due", description: "Looks at a device and a conversation that became due.");
        _sent = meter.CreateCounter<long>("chat.push.sent", description: "Notifications that a platform took, withdrawals among them.");
        _cancelled = meter.CreateCounter<long>("chat.push.cancelled", description: "Looks that found nothing to be sent: acked, read or muted meanwhile, or no longer subscribed.");
        _failed = meter.CreateCounter<long>("chat.push.failed", description: "Attempts that a platform did not take, by reason.");
        _dead = meter.CreateCounter<long>("chat.push.dead", description: "Notifications that were given up, by reason.");
        _lag = meter.CreateHistogram<double>("chat.push.lag", "s", "From the first message that a notification is about until a platform took it.");
        meter.CreateObservableGauge(
            "chat.push.waiting", () => _queues.Select(queue => new Measurement<long>(queue.Value.Devices, Of(queue.Key))), description: "Devices that have a notification due.");
        meter.CreateObservableGauge(
            "chat.push.oldest", () => _queues.Select(queue => new Measurement<double>(AgeOf(queue.Value), Of(queue.Key))), "s",
            "Age of the oldest message whose notification is due; 0 for none.");
    }

    public void Due(PushKind kind, int items) => _due.Add(items, Of(kind));

    public void Sent(PushKind kind, TimeSpan lag)
    {
        _sent.Add(1, Of(kind));
        _lag.Record(lag.TotalSeconds, Of(kind));
    }

    public void Withdrew(PushKind kind) => _sent.Add(1, Of(kind));

    public void Cancelled(PushKind kind) => _cancelled.Add(1, Of(kind));

    public void Failed(PushKind kind, string reason) => _failed.Add(1, Of(kind), new KeyValuePair<string, object?>("reason", reason));

    public void Died(PushKind kind, string reason) => _dead.Add(1, Of(kind), new KeyValuePair<string, object?>("reason", reason));

    public void Queue(PushKind kind, DueSummary summary) => _queues[kind] = summary;

    private double AgeOf(DueSummary summary) => summary.Oldest is { } oldest ? Math.Max(0, (_clock.GetUtcNow() - oldest).TotalSeconds) : 0;

    private static KeyValuePair<string, object?> Of(PushKind kind) => new("platform", kind.Name());
}
