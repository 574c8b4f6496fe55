using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Groups.Contracts;

/// <summary>Creates a group owned by the caller.</summary>
/// <param name="Caller">The owner.</param>
/// <param name="Title">1 to 128 characters (Unicode code points), no control characters, no lone surrogates.</param>
/// <param name="Members">The other members, whether or not such users exist. The caller and duplicates are ignored. May be empty.</param>
/// <param name="History">What members who are added later may see.</param>
/// <remarks>
/// Refusals: <c>bad_request</c>, <c>too_large</c> (too many users named at once), <c>rate_limited</c>,
/// <see cref="GroupsErrors.TooManyMembers"/>, <see cref="GroupsErrors.TooManyGroups"/>.
/// </remarks>
public sealed record CreateGroup(DeviceAddress Caller, string Title, IReadOnlyList<UserId> Members, GroupHistory History)
    : ICommand<Group>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A group as its member sees it.</summary>
/// <remarks>Refusals: <c>rate_limited</c>, <see cref="GroupsErrors.NotAMember"/>.</remarks>
public sealed record GetGroup(DeviceAddress Caller, ConversationId Group) : IQuery<Result<Group>>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>Changes a group's title or its setting for joiners; by owner and admins.</summary>
/// <param name="Title">The new title; null keeps it.</param>
/// <param name="History">The new setting, for later members; null keeps it.</param>
/// <remarks>Refusals: <c>bad_request</c>, <c>rate_limited</c>, <see cref="GroupsErrors.NotAMember"/>, <see cref="GroupsErrors.Forbidden"/>.</remarks>
public sealed record ChangeGroup(DeviceAddress Caller, ConversationId Group, string? Title, GroupHistory? History) : ICommand<Group>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>Adds members; by owner and admins. Present members are ignored.</summary>
/// <param name="Members">1 or more, whether or not such users exist.</param>
/// <remarks>
/// Refusals: as <see cref="ChangeGroup"/>, and <c>too_large</c> (too many users named at once),
/// <see cref="GroupsErrors.TooManyMembers"/>, <see cref="GroupsErrors.TooManyGroups"/>.
/// </remarks>
public sealed record AddMembers(DeviceAddress Caller, ConversationId Group, IReadOnlyList<UserId> Members) : ICommand<Group>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>
/// Removes a member, or lets the caller leave. When the owner leaves, the admin (else the member) who joined first becomes the owner; when the last member
/// leaves, the group ends. A removed member who is added again starts as a new member.
/// </summary>
/// <param name="Caller">Who asks: the owner, an admin (for members without a role), or the member itself.</param>
/// <remarks>Refusals: as <see cref="ChangeGroup"/>, and <see cref="GroupsErrors.NoSuchMember"/>.</remarks>
public sealed record RemoveMember(DeviceAddress Caller, ConversationId Group, UserId Member) : ICommand<Done>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>Gives a member another role; by the owner. Making somebody owner makes the caller an admin.</summary>
/// <param name="Member">Whose role; not the caller's own.</param>
/// <remarks>Refusals: as <see cref="RemoveMember"/>, and <see cref="GroupsErrors.OwnersOwnRole"/>.</remarks>
public sealed record ChangeRole(DeviceAddress Caller, ConversationId Group, UserId Member, GroupRole Role) : ICommand<Group>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}
