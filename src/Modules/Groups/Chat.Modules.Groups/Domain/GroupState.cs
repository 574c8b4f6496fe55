using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Domain;

/// <summary>A group at one version. Immutable.</summary>
internal sealed class GroupState
{
    private static readonly Task<Membership?> NoMembership = Task.FromResult<Membership?>(null);

    private readonly Dictionary<UserId, Member> _byUser;

    // Every member sees what stands above it.
    private readonly SeqNo _shownToAllAbove;

    /// <param name="history">What new members may see.</param>
    /// <param name="createdAt">Whole milliseconds.</param>
    /// <param name="version">1 for a new group, and one more for each change.</param>
    /// <param name="members">By rising <see cref="Member.Ordinal"/>, so in order of joining; none for a group that has ended.</param>
    public GroupState(ConversationId id, string title, GroupHistory history, DateTimeOffset createdAt, long version, IReadOnlyList<Member> members)
    {
        (Id, Title, History, CreatedAt, Version, Members) = (id, title, history, createdAt, version, members);
        _byUser = members.ToDictionary(member => member.User);
        foreach (var member in members)
            _shownToAllAbove = SeqNo.Max(_shownToAllAbove, member.Membership.VisibleAfter);
        Users = Task.FromResult<IReadOnlyList<UserId>>([.. members.Select(member => member.User)]);
    }

    public ConversationId Id { get; }

    public string Title { get; }

    public GroupHistory History { get; }

    public DateTimeOffset CreatedAt { get; }

    public long Version { get; }

    public IReadOnlyList<Member> Members { get; }

    /// <summary>The members' ids as the answer to a query: one list for all callers.</summary>
    public Task<IReadOnlyList<UserId>> Users { get; }

    public Member? Find(UserId user) => _byUser.GetValueOrDefault(user);

    /// <summary>A user's membership as the answer to a query: a task of null if the user is not a member.</summary>
    public Task<Membership?> MembershipOf(UserId user) => Find(user)?.Answer ?? NoMembership;

    /// <summary>The members who may not see what stands at a place.</summary>
    public IReadOnlyCollection<UserId> NotShown(SeqNo place) =>
        place > _shownToAllAbove ? [] : [.. Members.Where(member => member.Membership.VisibleAfter >= place).Select(member => member.User)];

    /// <summary>The users whose membership differs between two versions of a group.</summary>
    /// <param name="after">The later version; null if the group has ended.</param>
    public static IReadOnlyList<UserId> ChangedMemberships(GroupState before, GroupState? after) =>
    [
        .. before.Members.Where(member => !IsIn(after, member)).Select(member => member.User)
            .Union((after?.Members ?? []).Where(member => !IsIn(before, member)).Select(member => member.User)),
    ];

    // A user who left and was added again may have the same ordinal; then the membership differs, or no message was missed.
    private static bool IsIn(GroupState? group, Member member) =>
        group?.Find(member.User) is { } other && other.Ordinal == member.Ordinal && other.Membership == member.Membership;

    /// <summary>The next version, with these members.</summary>
    public GroupState With(IReadOnlyList<Member> members) => new(Id, Title, History, CreatedAt, Version + 1, members);

    /// <summary>The next version, with this title and history.</summary>
    public GroupState With(string title, GroupHistory history) => new(Id, title, history, CreatedAt, Version + 1, Members);

    public Group ToGroup() => new(Id, Title, History, [.. Members.Select(member => new GroupMember(member.User, member.Role))]);
}
