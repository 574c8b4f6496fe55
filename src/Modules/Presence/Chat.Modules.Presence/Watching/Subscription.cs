using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Presence.Watching;

/// <summary>One connection is told of one user. <see cref="Subscriptions"/> alone writes the fields that change, under its lock.</summary>
/// <param name="removals">The user who is watched, and the one who watches.</param>
/// <param name="since">How many removals from groups there had been before it.</param>
internal sealed class Subscription(Subscriber subscriber, UserId user, (GroupRemovals Watched, GroupRemovals Watching) removals, long since)
{
    public Subscriber Subscriber => subscriber;

    public UserId User => user;

    /// <summary>What the last check found.</summary>
    public Visibility Visibility { get; set; }

    /// <summary>How many removals from groups there had been when the last check began.</summary>
    public long CheckedAt { get; set; }

    public bool NeedsCheck =>
        Visibility != Visibility.Permanent && CheckedAt < Math.Max(since, Math.Max(removals.Watched.Last, removals.Watching.Last));
}

/// <summary>What must be checked again of one user: one note, however many watch it or are watched by it.</summary>
internal sealed class GroupRemovals
{
    /// <summary>The number of the last removal of the user from a group.</summary>
    public long Last { get; set; }
}
