using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Groups.Domain;

/// <summary>The notices of a group's changes. Of more than <see cref="ConversationNotice.MaxUsers"/> users there are several.</summary>
internal static class GroupNotices
{
    /// <param name="others">The members besides the owner.</param>
    public static IReadOnlyList<ConversationNotice> Created(string title, IReadOnlyList<UserId> others) =>
    [
        new(ConversationNotice.Created) { Value = title, Users = [.. others.Take(ConversationNotice.MaxUsers)] },
        .. Added([.. others.Skip(ConversationNotice.MaxUsers)]),
    ];

    public static IReadOnlyList<ConversationNotice> Added(IReadOnlyList<UserId> users) =>
        [.. users.Chunk(ConversationNotice.MaxUsers).Select(some => new ConversationNotice(ConversationNotice.MemberAdded) { Users = some })];

    public static ConversationNotice Removed(UserId user, UserId by) => new(user == by ? ConversationNotice.Left : ConversationNotice.MemberRemoved) { User = user };

    public static ConversationNotice TitleChanged(string title) => new(ConversationNotice.TitleChanged) { Value = title };

    public static ConversationNotice RoleChanged(Member member) => new(ConversationNotice.RoleChanged)
    {
        User = member.User,
        Value = member.Role switch
        {
            GroupRole.Owner => "owner",
            GroupRole.Admin => "admin",
            _ => "member",
        },
    };
}
