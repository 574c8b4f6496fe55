using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Groups.Contracts;

/// <summary>A user's membership in a conversation, also a direct one (which needs no look-up); null if there is none. For other modules.</summary>
public sealed record GetMembership(ConversationId Conversation, UserId User) : IQuery<Membership?>;

/// <summary>A membership, as far as reading goes.</summary>
/// <param name="JoinedAt">The head when the user was added: its devices start here. <see cref="SeqNo.None"/> in direct conversations and for a group's first members.</param>
/// <param name="VisibleAfter">The user may see messages above this; <see cref="SeqNo.None"/> for all.</param>
public sealed record Membership(SeqNo JoinedAt, SeqNo VisibleAfter);

/// <summary>A user's role in a group; null if it is no member, and in a direct conversation. For other modules.</summary>
public sealed record GetRole(ConversationId Group, UserId User) : IQuery<GroupRole?>;

/// <summary>A group's title; null if there is no such group, and for a direct conversation. Answered from memory for cached groups. For other modules.</summary>
public sealed record GetTitle(ConversationId Group) : IQuery<string?>;

/// <summary>All members of a conversation, also a direct one; empty if it does not exist. Answered from memory for cached groups. For other modules.</summary>
public sealed record GetMembers(ConversationId Conversation) : IQuery<IReadOnlyList<UserId>>;

/// <summary>Those members of a conversation who may not see what stands at a place: they joined later. Answered from memory for cached groups. For other modules.</summary>
public sealed record GetMembersNotShown(ConversationId Conversation, SeqNo Place) : IQuery<IReadOnlyCollection<UserId>>;

/// <summary>The groups of a user, in no order. For other modules.</summary>
public sealed record GetGroupsOf(UserId User) : IQuery<IReadOnlyList<JoinedGroup>>;

/// <summary>A group as one of its members sees it.</summary>
public sealed record JoinedGroup(ConversationId Group, string Title, int MemberCount, Membership Membership, DateTimeOffset CreatedAt);

/// <summary>Whether two users are in a group together. For other modules.</summary>
public sealed record HaveSharedGroup(UserId One, UserId Other) : IQuery<bool>;

/// <summary>Of some users, those who share a group with a user.</summary>
/// <param name="Others">Any number, each once, without the user itself.</param>
public sealed record FindUsersSharingGroup(UserId User, IReadOnlyCollection<UserId> Others) : IQuery<IReadOnlyCollection<UserId>>;
