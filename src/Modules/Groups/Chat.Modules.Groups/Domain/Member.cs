using Chat.BuildingBlocks.Ids;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Groups.Domain;

/// <summary>A member of a group; never changed.</summary>
/// <param name="membership">Where its reading begins.</param>
/// <param name="ordinal">Its place by length of service, unique in the group: whoever joins gets one above all that are there.</param>
internal sealed class Member(UserId user, GroupRole role, Membership membership, long ordinal)
{
    private Task<Membership?>? _answer;

    public UserId User => user;

    public GroupRole Role => role;

    public Membership Membership => membership;

    public long Ordinal => ordinal;

    /// <summary>The membership as the answer to a query: one object for all who ask.</summary>
    public Task<Membership?> Answer => _answer ??= Task.FromResult<Membership?>(membership);

    public Member As(GroupRole other) => new(user, other, membership, ordinal);
}
