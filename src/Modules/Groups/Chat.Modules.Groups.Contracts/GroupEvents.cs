using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Groups.Contracts;

// The events of one group are raised one at a time, in the order of its changes: each after its change is durable and queries answer with it. The group's
// next change waits for the subscribers, so a subscriber must return soon, and must not change a group.

/// <summary>A group was created.</summary>
/// <param name="Members">All members, including the owner.</param>
public sealed record GroupCreated(ConversationId Group, UserId Owner, IReadOnlyList<UserId> Members) : IEvent;

/// <summary>A group's title was changed.</summary>
public sealed record TitleChanged(ConversationId Group, string Title) : IEvent;

/// <summary>Members were added; their messages start above the present head.</summary>
public sealed record MembersAdded(ConversationId Group, IReadOnlyList<UserId> Members) : IEvent;

/// <summary>A member was removed or left; it gets no more messages of the conversation.</summary>
public sealed record MemberRemoved(ConversationId Group, UserId Member) : IEvent;

/// <summary>A member's role was changed.</summary>
public sealed record RoleChanged(ConversationId Group, UserId Member, GroupRole Role) : IEvent;

/// <summary>
/// This node read memberships that differ from what it knew, without an event above: another node changed them, or a change whose outcome was unknown was
/// saved. Raised before queries answer with them: a subscriber must return soon, and must not query the group.
/// </summary>
/// <param name="Users">The users whose membership ended, began, or ended and began again.</param>
public sealed record MembershipsFoundChanged(ConversationId Group, IReadOnlyList<UserId> Users) : IEvent;
