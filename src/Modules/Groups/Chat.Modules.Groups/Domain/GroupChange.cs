using System.Collections.Frozen;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Domain;

/// <summary>What a command does to a group: the versions before and after, the difference between them, and what to tell others.</summary>
/// <param name="Before">Null for a new group.</param>
/// <param name="After">A group without members has ended.</param>
internal sealed record GroupChange(GroupState? Before, GroupState After)
{
    /// <summary>Who is in the group now and was not.</summary>
    public IReadOnlyList<Member> Added { get; init; } = [];

    /// <summary>Of those added the ones who have never written to whoever adds them.</summary>
    public IReadOnlySet<UserId> Strangers { get; init; } = FrozenSet<UserId>.Empty;

    /// <summary>Who has another role, as it is now. An owner who hands over stands before the one who takes over.</summary>
    public IReadOnlyList<Member> Changed { get; init; } = [];

    /// <summary>Who was in the group and is no longer; null for nobody.</summary>
    public Member? Removed { get; init; }

    /// <summary>To be raised in this order, once the change is durable.</summary>
    public IReadOnlyList<IEvent> Events { get; init; } = [];

    /// <summary>Whether everything is already as the command wants it.</summary>
    public bool IsNone => ReferenceEquals(Before, After);

    /// <param name="added">One of <see cref="Added"/>.</param>
    public Joining JoiningOf(Member added) =>
        Before is null && added.Role == GroupRole.Owner ? Joining.Own : Strangers.Contains(added.User) ? Joining.ByStranger : Joining.Known;

    public static GroupChange None(GroupState group) => new(group, group);
}
