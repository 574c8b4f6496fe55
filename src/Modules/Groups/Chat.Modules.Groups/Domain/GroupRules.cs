using System.Collections.Frozen;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Domain;

/// <summary>
/// Who may do what in a group, and what it changes. Pure functions. A group with members has exactly one owner, before and after.
/// </summary>
internal static class GroupRules
{
    private static readonly Membership FromTheBeginning = new(SeqNo.None, SeqNo.None);

    public static Result<GroupChange> Create(
        ConversationId id, UserId owner, string title, GroupHistory history, IEnumerable<UserId> others, DateTimeOffset now, int maxMembers,
        IReadOnlySet<UserId>? strangers = null)
    {
        UserId[] users = [owner, .. others.Where(user => user != owner).Distinct()];
        if (users.Length > maxMembers)
            return GroupsErrors.TooManyMembers(maxMembers);

        var members = users
            .Select((user, index) => new Member(user, index == 0 ? GroupRole.Owner : GroupRole.Member, FromTheBeginning, index + 1))
            .ToArray();
        return new GroupChange(null, new GroupState(id, title, history, now, version: 1, members))
        {
            Added = members,
            Strangers = strangers ?? FrozenSet<UserId>.Empty,
            By = owner,
            Notices = GroupNotices.Created(title, users[1..]),
            Events = [new GroupCreated(id, owner, users)],
        };
    }

    /// <param name="title">Null keeps it.</param>
    /// <param name="history">Null keeps it. Present members may see what they could see before.</param>
    public static Result<GroupChange> Change(GroupState group, UserId caller, string? title, GroupHistory? history)
    {
        if (MayManage(group, caller) is { } refusal)
            return refusal;
        var (newTitle, newHistory) = (title ?? group.Title, history ?? group.History);
        if (newTitle == group.Title && newHistory == group.History)
            return GroupChange.None(group);

        return new GroupChange(group, group.With(newTitle, newHistory))
        {
            By = caller,
            Notices = newTitle == group.Title ? [] : [GroupNotices.TitleChanged(newTitle)],
            Events = newTitle == group.Title ? [] : [new TitleChanged(group.Id, newTitle)],
        };
    }

    /// <param name="users">Present members are ignored.</param>
    /// <param name="head">The conversation's head, read before the change: the new members start there.</param>
    /// <param name="maxMembers">The most members after the change.</param>
    /// <param name="strangers">The users who have never written to the caller; null for none.</param>
    public static Result<GroupChange> Add(GroupState group, UserId caller, IEnumerable<UserId> users, SeqNo head, int maxMembers, IReadOnlySet<UserId>? strangers = null)
    {
        if (MayManage(group, caller) is { } refusal)
            return refusal;
        var newcomers = users.Where(user => group.Find(user) is null).Distinct().ToArray();
        if (newcomers.Length == 0)
            return GroupChange.None(group);
        if (group.Members.Count + newcomers.Length > maxMembers)
            return GroupsErrors.TooManyMembers(maxMembers);

        var membership = new Membership(head, group.History == GroupHistory.FromJoin ? head : SeqNo.None);
        var ordinal = group.Members[^1].Ordinal;
        var added = newcomers.Select(user => new Member(user, GroupRole.Member, membership, ++ordinal)).ToArray();
        return new GroupChange(group, group.With([.. group.Members, .. added]))
        {
            Added = added,
            Strangers = strangers ?? FrozenSet<UserId>.Empty,
            By = caller,
            Notices = GroupNotices.Added(newcomers),
            Events = [new MembersAdded(group.Id, newcomers)],
        };
    }

    /// <summary>Removes a member, by itself or by a member with a higher role. When the owner leaves, another becomes the owner; with the last member the group ends.</summary>
    public static Result<GroupChange> Remove(GroupState group, UserId caller, UserId user)
    {
        if (group.Find(caller) is not { } by)
            return GroupsErrors.NotAMember;
        if (caller != user && by.Role == GroupRole.Member)
            return GroupsErrors.Forbidden;
        if (group.Find(user) is not { } leaver)
            return GroupsErrors.NoSuchMember;
        if (caller != user && leaver.Role >= by.Role)
            return GroupsErrors.Forbidden;

        var staying = group.Members.Where(member => member != leaver).ToArray();
        var removed = new MemberRemoved(group.Id, user);
        // Nobody is left to read it.
        if (staying.Length == 0)
            return new GroupChange(group, group.With(staying)) { Removed = leaver, By = caller, Events = [removed] };
        var notice = GroupNotices.Removed(user, caller);
        if (leaver.Role != GroupRole.Owner)
            return new GroupChange(group, group.With(staying)) { Removed = leaver, By = caller, Notices = [notice], Events = [removed] };

        var heir = (staying.FirstOrDefault(member => member.Role == GroupRole.Admin) ?? staying[0]).As(GroupRole.Owner);
        return new GroupChange(group, group.With(Replace(staying, heir)))
        {
            Removed = leaver,
            Changed = [heir],
            By = caller,
            Notices = [notice, GroupNotices.RoleChanged(heir)],
            Events = [removed, new RoleChanged(group.Id, heir.User, GroupRole.Owner)],
        };
    }

    /// <summary>The owner changes another member's role. If it makes that member the owner, it becomes an admin itself.</summary>
    public static Result<GroupChange> ChangeRole(GroupState group, UserId caller, UserId user, GroupRole role)
    {
        if (group.Find(caller) is not { } owner)
            return GroupsErrors.NotAMember;
        if (owner.Role != GroupRole.Owner)
            return GroupsErrors.Forbidden;
        if (group.Find(user) is not { } member)
            return GroupsErrors.NoSuchMember;
        if (member.Role == role)
            return GroupChange.None(group);
        if (member == owner)
            return GroupsErrors.OwnersOwnRole;

        Member[] changed = role == GroupRole.Owner ? [owner.As(GroupRole.Admin), member.As(role)] : [member.As(role)];
        return new GroupChange(group, group.With(Replace(group.Members, changed)))
        {
            Changed = changed,
            By = caller,
            // That the former owner is an admin goes without saying.
            Notices = [GroupNotices.RoleChanged(changed[^1])],
            Events = [.. changed.Select(IEvent (now) => new RoleChanged(group.Id, now.User, now.Role))],
        };
    }

    public static Error? MayManage(GroupState group, UserId caller) => group.Find(caller)?.Role switch
    {
        null => GroupsErrors.NotAMember,
        GroupRole.Member => GroupsErrors.Forbidden,
        _ => null,
    };

    private static Member[] Replace(IReadOnlyList<Member> members, params Member[] changed) =>
        [.. members.Select(member => Array.Find(changed, now => now.User == member.User) ?? member)];
}
