using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Groups.Rules;

/// <summary>What a command does to a group: the versions before and after, the difference between them, and what to tell others.</summary>
/// <param name="Before">Null for a new group.</param>
/// <param name="After">A group without members has ended.</param>
internal sealed record GroupChange(GroupState? Before, GroupState After)
{
    /// <summary>Who is in the group now and was not.</summary>
    public IReadOnlyList<Member> Added { get; init; } = [];

    /// <summary>Who has another role, as it is now. An owner who hands over stands before the one who takes over.</summary>
    public IReadOnlyList<Member> Changed { get; init; } = [];

    /// <summary>Who was in the group and is no longer; null for nobody.</summary>
    public Member? Removed { get; init; }

    /// <summary>To be raised in this order, once the change is durable.</summary>
    public IReadOnlyList<IEvent> Events { get; init; } = [];

    /// <summary>Whether everything is already as the command wants it.</summary>
    public bool IsNone => ReferenceEquals(Before, After);

    public static GroupChange None(GroupState group) => new(group, group);
}
