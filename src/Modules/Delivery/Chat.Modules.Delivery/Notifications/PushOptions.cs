using System.ComponentModel.DataAnnotations;

namespace Chat.Modules.Delivery.Notifications;

/// <summary>Section <c>Push</c>: push notifications.</summary>
internal sealed class PushOptions
{
    /// <summary>How long a device with a live connection has to ack a message before it is notified. 00:00:00.1 to 01:00:00; default 00:00:03.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")] public TimeSpan After { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a notification is tried, counted from the oldest message that it is about, and how long a platform may keep it. 00:01:00 to 28.00:00:00; default 1.00:00:00 (a day).
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "28.00:00:00")] public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Devices of one user that are subscribed; a further one ends the subscription that was put first. 1 to 1 000; default 20.</summary>
    [Range(1, 1_000)] public int MaxSubscriptions { get; init; } = 20;

    /// <summary>Users whose subscriptions are kept in memory, those without one too; about 150 bytes each without one. 1 000 to 10 000 000; default 200 000.</summary>
    [Range(1_000, 10_000_000)] public int MaxCachedUsers { get; init; } = 200_000;
}
