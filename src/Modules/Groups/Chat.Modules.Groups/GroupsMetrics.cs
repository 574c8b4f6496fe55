using System.Diagnostics.Metrics;
using Chat.BuildingBlocks.Caching;

namespace Chat.Modules.Groups;

/// <summary>What the module counts.</summary>
internal sealed class GroupsMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _overLimit = meters.Create("Chat").CreateCounter<long>(
        "chat.groups.over_limit", description: "Commands refused because a group or a user's list of groups would grow beyond its limit.");

    private readonly Counter<long> _loads = meters.Create("Chat").CreateCounter<long>(
        "chat.groups.cache.loads", description: "Look-ups that memory could not answer, by cache.");

    private readonly Counter<long> _evictions = meters.Create("Chat").CreateCounter<long>(
        "chat.groups.cache.evictions", description: "Entries evicted, by cache.");

    private readonly UpDownCounter<long> _weight = meters.Create("Chat").CreateUpDownCounter<long>(
        "chat.groups.cache.weight", description: "The weight of the cached entries, by cache.");

    private readonly Counter<long> _leftOut = meters.Create("Chat").CreateCounter<long>(
        "chat.groups.left_out", description: "Users who were not added to a group: they are in as many as they may be, or were added by strangers too fast.");

    private readonly Counter<long> _noticesDelayed = meters.Create("Chat").CreateCounter<long>(
        "chat.groups.notices_delayed", description: "Times that notices of a group could not be appended to its log; it is tried again.");

    public void NoticesDelayed() => _noticesDelayed.Add(1);

    public void LeftOut(int users) => _leftOut.Add(users);

    public void OverLimit() => _overLimit.Add(1);

    public Cache Of(string cache) => new(this, new KeyValuePair<string, object?>("cache", cache));

    /// <summary>The figures of one cache.</summary>
    internal sealed class Cache(GroupsMetrics metrics, KeyValuePair<string, object?> tag) : ICacheMetrics
    {
        public void Loaded() => metrics._loads.Add(1, tag);

        public void Evicted() => metrics._evictions.Add(1, tag);

        public void Weighs(long more) => metrics._weight.Add(more, tag);
    }
}
