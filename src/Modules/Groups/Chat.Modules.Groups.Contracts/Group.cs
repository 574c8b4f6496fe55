using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Groups.Contracts;

/// <summary>What a member may do: an owner everything, an admin add and remove members and rename, a member post and leave.</summary>
public enum GroupRole
{
    /// <summary>Posts, reads and leaves.</summary>
    Member,

    /// <summary>Also adds and removes members (not admins) and renames.</summary>
    Admin,

    /// <summary>Also removes admins and changes roles. One a group.</summary>
    Owner,
}

/// <summary>Whether new members may see older messages.</summary>
public enum GroupHistory
{
    /// <summary>All of it.</summary>
    All,

    /// <summary>Only messages after they joined.</summary>
    FromJoin,
}

/// <summary>A group as its members see it.</summary>
/// <param name="Title">1 to 128 characters.</param>
/// <param name="History">What new members may see.</param>
/// <param name="Members">Ordered by when they joined.</param>
public sealed record Group(ConversationId Id, string Title, GroupHistory History, IReadOnlyList<GroupMember> Members);

/// <summary>A member of a group.</summary>
public sealed record GroupMember(UserId User, GroupRole Role);
