using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Presence.Watching;

/// <summary>A connection's subscription to a user. Only <see cref="Subscriptions"/> writes its fields, under its lock.</summary>
/// <param name="removals">The removals of both users, the watched one and the watching one.</param>
/// <param name="since">The number of removals before the subscription.</param>
internal sealed class Subscription(Subscriber subscriber, UserId user, (GroupRemovals Watched, GroupRemovals Watching) removals, long since)
{
    public Subscriber Subscriber => subscriber;

    public UserId User => user;

    /// <summary>The result of the last check.</summary>
    public Visibility Visibility { get; set; }

    /// <summary>The number of removals when the last check began.</summary>
    public long CheckedAt { get; set; }

    public bool NeedsCheck =>
        Visibility != Visibility.Permanent && CheckedAt < Math.Max(since, Math.Max(removals.Watched.Last, removals.Watching.Last));
}

/// <summary>A user's removals from groups. One object for all of the user's subscriptions.</summary>
internal sealed class GroupRemovals
{
    /// <summary>The number of the user's last removal from a group.</summary>
    public long Last { get; set; }
}
