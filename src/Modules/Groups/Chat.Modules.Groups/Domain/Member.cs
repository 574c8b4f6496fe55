using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Domain;

/// <summary>A member of a group. Immutable.</summary>
/// <param name="membership">What it may read.</param>
/// <param name="ordinal">Its position in order of joining, unique in the group: a new member gets one above all present ones.</param>
internal sealed class Member(UserId user, GroupRole role, Membership membership, long ordinal)
{
    private Task<Membership?>? _answer;

    public UserId User => user;

    public GroupRole Role => role;

    public Membership Membership => membership;

    public long Ordinal => ordinal;

    /// <summary>The membership as the answer to a query: one object for all callers.</summary>
    public Task<Membership?> Answer => _answer ??= Task.FromResult<Membership?>(membership);

    public Member As(GroupRole other) => new(user, other, membership, ordinal);
}
