using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Presence.Contracts;

/// <summary>All refusals of this module.</summary>
public static class PresenceErrors
{
    /// <summary>No such conversation, or the caller is not a member: both look the same.</summary>
    public static Error NotAMember => Error.NotAMember;

    /// <summary>The connection would have more subscriptions than the limit.</summary>
    public static Error TooManySubscriptions(int max) => new(ErrorCodes.TooLarge, $"A connection may subscribe to the presence of at most {max} users.");

    /// <summary>All connections of the node together have reached the limit of subscriptions.</summary>
    public static Error NoRoom { get; } =
        new(ErrorCodes.Unavailable, "The server has no room for more presence subscriptions; try again later.", TimeSpan.FromSeconds(30));
}
