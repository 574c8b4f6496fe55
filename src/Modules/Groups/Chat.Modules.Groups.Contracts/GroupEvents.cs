using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Groups.Contracts;

// The events of one group are raised one after the other in the order of its changes, each when its change is durable and every query
// answers with it. The group's next change waits for the subscribers, so a subscriber only takes note and never changes a group itself.

/// <summary>A group was made, with these members.</summary>
/// <param name="Members">All, the owner among them.</param>
public sealed record GroupCreated(ConversationId Group, UserId Owner, IReadOnlyList<UserId> Members) : IEvent;

/// <summary>A group has another title.</summary>
public sealed record TitleChanged(ConversationId Group, string Title) : IEvent;

/// <summary>Members were added; they begin at the head of the moment.</summary>
public sealed record MembersAdded(ConversationId Group, IReadOnlyList<UserId> Members) : IEvent;

/// <summary>A member was removed or left; from now on it gets nothing of the conversation.</summary>
public sealed record MemberRemoved(ConversationId Group, UserId Member) : IEvent;

/// <summary>A member has another role.</summary>
public sealed record RoleChanged(ConversationId Group, UserId Member, GroupRole Role) : IEvent;

/// <summary>
/// This node has found memberships other than it knew, which no event above told of here: another node has changed them, or a change whose
/// outcome was unknown has happened. Raised before any query answers with them: a subscriber only takes note, and asks nothing about the group.
/// </summary>
/// <param name="Users">Whose membership has ended, has begun, or has ended and begun anew.</param>
public sealed record MembershipsFoundChanged(ConversationId Group, IReadOnlyList<UserId> Users) : IEvent;
