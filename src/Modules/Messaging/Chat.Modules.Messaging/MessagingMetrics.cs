using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Caching;
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

    /// <summary>The figures of the cached own settings.</summary>
    public ICacheMetrics Settings { get; } = new SettingsCache(meters.Create("Chat"));

    public void Handed() => _handed.Add(1);

    public void HomeFailed(HomeFailure reason) => _homesFailed.Add(1, KeyValuePair.Create<string, object?>("reason", reason switch
    {
        HomeFailure.Silent => "silent",
        HomeFailure.Lost => "lost",
        HomeFailure.Failing => "failing",
        _ => "left",
    }));

    public long Start() => clock.GetTimestamp();

    public void Accepted(long started, bool duplicate)
    {
        _accepted.Record(clock.GetElapsedTime(started).TotalSeconds);
        (duplicate ? _duplicates : _appended).Add(1);
    }

    private sealed class SettingsCache(Meter meter) : ICacheMetrics
    {
        private readonly Counter<long> _loads = meter.CreateCounter<long>("chat.settings.cache.loads", description: "Own settings of users that memory did not have.");
        private readonly Counter<long> _evictions = meter.CreateCounter<long>("chat.settings.cache.evictions", description: "Own settings of users that were evicted from memory.");
        private readonly UpDownCounter<long> _size = meter.CreateUpDownCounter<long>("chat.settings.cache.size", description: "Own settings of users in memory.");

        public void Loaded() => _loads.Add(1);

        public void Evicted() => _evictions.Add(1);

        public void Weighs(long more) => _size.Add(more);
    }
}
