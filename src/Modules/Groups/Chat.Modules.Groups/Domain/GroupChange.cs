using System.Collections.Frozen;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Groups.Domain;

/// <summary>What a command changes in a group: the versions before and after, their difference, and the events.</summary>
/// <param name="Before">Null for a new group.</param>
/// <param name="After">A group without members is deleted.</param>
internal sealed record GroupChange(GroupState? Before, GroupState After)
{
    /// <summary>The new members.</summary>
    public IReadOnlyList<Member> Added { get; init; } = [];

    /// <summary>The new members who have never written to the user who adds them.</summary>
    public IReadOnlySet<UserId> Strangers { get; init; } = FrozenSet<UserId>.Empty;

    /// <summary>The members whose role changed, with the new role. A former owner comes before the new one.</summary>
    public IReadOnlyList<Member> Changed { get; init; } = [];

    /// <summary>The removed member; null for none.</summary>
    public Member? Removed { get; init; }

    /// <summary>Who makes the change.</summary>
    public UserId By { get; init; }

    /// <summary>What is told of it in the group's log, in this order.</summary>
    public IReadOnlyList<ConversationNotice> Notices { get; init; } = [];

    /// <summary>Raise in this order, after the change is durable.</summary>
    public IReadOnlyList<IEvent> Events { get; init; } = [];

    /// <summary>Whether the command changes nothing.</summary>
    public bool IsNone => ReferenceEquals(Before, After);

    /// <param name="added">One of <see cref="Added"/>.</param>
    public Joining JoiningOf(Member added) =>
        Before is null && added.Role == GroupRole.Owner ? Joining.Own : Strangers.Contains(added.User) ? Joining.ByStranger : Joining.Known;

    public static GroupChange None(GroupState group) => new(group, group);
}
