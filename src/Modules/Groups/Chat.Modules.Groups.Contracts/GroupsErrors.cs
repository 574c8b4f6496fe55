using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Groups.Contracts;

/// <summary>All refusals of this module except <c>bad_request</c> of its validators.</summary>
public static class GroupsErrors
{
    /// <summary>No such group, or the caller is not a member: both look the same.</summary>
    public static Error NotAMember => Error.NotAMember;

    /// <summary>The caller's role does not allow it.</summary>
    public static Error Forbidden { get; } = new(ErrorCodes.Forbidden, "Your role in this group does not allow that.");

    /// <summary>The user named in the request is not in the group. Only members get this answer.</summary>
    public static Error NoSuchMember { get; } = new(ErrorCodes.NotFound, "That user is not a member of this group.");

    /// <summary>The owner asked for another role for itself.</summary>
    public static Error OwnersOwnRole { get; } =
        Error.BadRequest("A group has one owner: to give that role up, make another member the owner, or leave.");

    /// <summary>The group would grow beyond the limit.</summary>
    public static Error TooManyMembers(int max) => new(ErrorCodes.TooLarge, $"A group has at most {max} members.");

    /// <summary>The caller has made as many groups as it may.</summary>
    public static Error TooManyGroups(int max) => new(ErrorCodes.TooLarge, $"You have made {max} groups that you are still in, and that is the limit.");

    /// <summary>The group's log has taken no notices for long: so many of its changes are still to be told that no more are made.</summary>
    public static Error NoticesWait { get; } =
        new(ErrorCodes.Unavailable, "The group cannot be changed now; the same again later is safe.", TimeSpan.FromSeconds(10));

    /// <summary>The caller adds strangers too fast.</summary>
    public static Error TooManyStrangers(TimeSpan retryAfter) =>
        new(ErrorCodes.RateLimited, "Too many people added who have never written to you; wait before the next.", retryAfter);
}
