using System.Diagnostics.Metrics;
using Chat.Modules.Messaging.Homes;

namespace Chat.Modules.Messaging;

internal sealed class MessagingMetrics(IMeterFactory meters, TimeProvider clock)
{
    private readonly Counter<long> _appended = meters.Create("Chat").CreateCounter<long>("chat.messages.appended", description: "Messages made durable.");
    private readonly Counter<long> _duplicates = meters.Create("Chat").CreateCounter<long>("chat.messages.duplicates", description: "Attempts that had been stored before.");
    private readonly Histogram<double> _accepted =
        meters.Create("Chat").CreateHistogram<double>("chat.messages.accepted", "s", "From the command to the durable append: what the sender waits for its ack.");

    private readonly Counter<long> _handed =
        meters.Create("Chat").CreateCounter<long>("chat.appends.handed", description: "Appends that another server, the conversation's home, was asked to do.");
    private readonly Counter<long> _homesFailed =
        meters.Create("Chat").CreateCounter<long>("chat.homes.failed", description: "Times that what was handed to another server was taken back, by reason.");

    public void Handed() => _handed.Add(1);

    public void HomeFailed(HomeFailure reason) => _homesFailed.Add(1, KeyValuePair.Create<string, object?>("reason", reason switch
    {
        HomeFailure.Silent => "silent",
        HomeFailure.Lost => "lost",
        _ => "left",
    }));

    public long Start() => clock.GetTimestamp();

    public void Accepted(long started, bool duplicate)
    {
        _accepted.Record(clock.GetElapsedTime(started).TotalSeconds);
        (duplicate ? _duplicates : _appended).Add(1);
    }
}
