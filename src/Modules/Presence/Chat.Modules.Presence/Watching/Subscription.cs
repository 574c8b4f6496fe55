using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;

namespace Chat.Modules.Presence.Watching;

/// <summary>One connection is told of one user. <see cref="Subscriptions"/> alone writes the fields that change, under its lock.</summary>
internal sealed class Subscription(Subscriber subscriber, UserId user)
{
    public Subscriber Subscriber => subscriber;

    public UserId User => user;

    /// <summary>What the last check found.</summary>
    public Sight Sight { get; set; }

    /// <summary>How many removals from groups there had been when the last check began.</summary>
    public long CheckedAt { get; set; }

    /// <summary>The number of the last removal that may have ended the sight.</summary>
    public long DoubtedAt { get; set; }

    public bool IsDoubtful => Sight != Sight.Lasting && CheckedAt < DoubtedAt;
}
