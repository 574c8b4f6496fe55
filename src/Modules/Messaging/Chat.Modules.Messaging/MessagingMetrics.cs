using System.Diagnostics.Metrics;

namespace Chat.Modules.Messaging;

internal sealed class MessagingMetrics(IMeterFactory meters, TimeProvider clock)
{
    private readonly Counter<long> _appended = meters.Create("Chat").CreateCounter<long>("chat.messages.appended", description: "Messages made durable.");
    private readonly Counter<long> _duplicates = meters.Create("Chat").CreateCounter<long>("chat.messages.duplicates", description: "Attempts that had been stored before.");
    private readonly Histogram<double> _accepted =
        meters.Create("Chat").CreateHistogram<double>("chat.messages.accepted", "s", "From the command to the durable append: what the sender waits for its ack.");

    public long Start() => clock.GetTimestamp();

    public void Accepted(long started, bool duplicate)
    {
        _accepted.Record(clock.GetElapsedTime(started).TotalSeconds);
        (duplicate ? _duplicates : _appended).Add(1);
    }
}
