using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Groups.Contracts;

/// <summary>A user's membership in any conversation, direct ones too (those need no look-up); null where there is none. For other modules.</summary>
public sealed record GetMembership(ConversationId Conversation, UserId User) : IQuery<Membership?>;

/// <summary>What membership means for reading.</summary>
/// <param name="JoinedAt">The head when the user was added: its devices begin here. <see cref="SeqNo.None"/> in direct conversations and for a group's first members.</param>
/// <param name="VisibleAfter">Messages above this may be seen; <see cref="SeqNo.None"/> for all of them.</param>
public sealed record Membership(SeqNo JoinedAt, SeqNo VisibleAfter);

/// <summary>All members of any conversation, direct ones too; empty where it does not exist. Answered from memory for groups in use. For other modules.</summary>
public sealed record GetMembers(ConversationId Conversation) : IQuery<IReadOnlyList<UserId>>;

/// <summary>The groups of a user, in no order, at most as many as a user can be in. For other modules.</summary>
public sealed record GetGroupsOf(UserId User) : IQuery<IReadOnlyList<JoinedGroup>>;

/// <summary>A group from the point of view of one of its members.</summary>
public sealed record JoinedGroup(ConversationId Group, string Title, int MemberCount, Membership Membership, DateTimeOffset CreatedAt);

/// <summary>Whether two users are in a group together. For other modules.</summary>
public sealed record HaveSharedGroup(UserId One, UserId Other) : IQuery<bool>;

/// <summary>Of some users those who are in a group with a user.</summary>
/// <param name="Others">Any number, each once; not the user itself.</param>
public sealed record FindUsersSharingGroup(UserId User, IReadOnlyCollection<UserId> Others) : IQuery<IReadOnlyCollection<UserId>>;
