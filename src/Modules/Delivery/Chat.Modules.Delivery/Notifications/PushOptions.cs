using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Delivery.Notifications;

/// <summary>Section <c>Push</c>: push notifications.</summary>
internal sealed class PushOptions
{
    /// <summary>How long a device with a live connection has to ack a message before it is notified. 00:00:00.1 to 01:00:00; default 00:00:03.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")] public TimeSpan After { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a notification is tried, counted from the newest message that it is about, and how long a platform may keep it. 00:01:00 to 28.00:00:00; default 1.00:00:00 (a day).
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "28.00:00:00")] public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Devices of one user that are subscribed; a further one ends the subscription that was put first. 1 to 1 000; default 20.</summary>
    [Range(1, 1_000)] public int MaxSubscriptions { get; init; } = 20;

    /// <summary>Users whose subscriptions are kept in memory, those without one too; about 150 bytes each without one. 1 000 to 10 000 000; default 200 000.</summary>
    [Range(1_000, 10_000_000)] public int MaxCachedUsers { get; init; } = 200_000;

    /// <summary>For how long the messages of one conversation are gathered before its members are looked at, in milliseconds. 10 to 10 000; default 200.</summary>
    [Range(10, 10_000)] public int GatherMs { get; init; } = 200;

    /// <summary>
    /// Conversations with new messages that are watched for acks at a time, about 300 bytes each; beyond it messages are read from the log's feed when there is room. 100 to
    /// 10 000 000; default 100 000.
    /// </summary>
    [Range(100, 10_000_000)] public int MaxWatches { get; init; } = 100_000;

    /// <summary>Devices to which one server sends on one platform at the same time. 1 to 10 000; default 128.</summary>
    [Range(1, 10_000)] public int MaxSending { get; init; } = 128;

    /// <summary>For how long a server has the devices to which it sends for itself, in milliseconds; if it dies, others go on after it. 30 000 to 600 000; default 60 000.</summary>
    [Range(30_000, 600_000)] public int LeaseMs { get; init; } = 60_000;

    /// <summary>Notifications that were given up and are kept for the operator. 0 to 1 000 000; default 10 000.</summary>
    [Range(0, 1_000_000)] public int MaxDead { get; init; } = 10_000;

    /// <summary>Conversations a second that are looked at again after Redis lost what was due. 1 to 1 000 000; default 1 000.</summary>
    [Range(1, 1_000_000)] public int RebuildsPerSecond { get; init; } = 1_000;
}
