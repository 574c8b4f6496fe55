using System.Diagnostics.Metrics;

namespace Chat.Modules.Presence;

/// <summary>The module's metrics.</summary>
internal sealed class PresenceMetrics
{
    public PresenceMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Chat");
        OnlineUsers = meter.CreateUpDownCounter<long>("chat.presence.online_users", description: "Users who are online, the grace included.");
        Subscriptions = meter.CreateUpDownCounter<long>("chat.presence.subscriptions", description: "Presence subscriptions in force.");
        WaitingAnnouncements = meter.CreateUpDownCounter<long>("chat.presence.waiting_announcements", description: "Users whose change waits to be announced.");
        DroppedAnnouncements = meter.CreateCounter<long>("chat.presence.dropped_announcements", description: "Changes that were not announced, as too many waited.");
        DroppedLastSeen = meter.CreateCounter<long>("chat.presence.dropped_last_seen", description: "Last-seen times that were not kept, as too many waited.");
        RemoteInterests = meter.CreateUpDownCounter<long>("chat.presence.remote_interests", description: "Users whom other servers watch here, one for each server and user.");
        Unanswered = meter.CreateCounter<long>("chat.presence.unanswered", description: "Subscriptions answered before all other servers had said what they know.");
        DroppedTyping = meter.CreateCounter<long>("chat.presence.dropped_typing", description: "Typing states that were repeats, or of a conversation too large.");
    }

    public UpDownCounter<long> OnlineUsers { get; }

    public UpDownCounter<long> Subscriptions { get; }

    public UpDownCounter<long> WaitingAnnouncements { get; }

    public Counter<long> DroppedAnnouncements { get; }

    public Counter<long> DroppedLastSeen { get; }

    public UpDownCounter<long> RemoteInterests { get; }

    public Counter<long> Unanswered { get; }

    public Counter<long> DroppedTyping { get; }
}
