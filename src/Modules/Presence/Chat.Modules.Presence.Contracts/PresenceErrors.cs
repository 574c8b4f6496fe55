using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Presence.Contracts;

/// <summary>Every refusal this module gives.</summary>
public static class PresenceErrors
{
    /// <summary>No such conversation, or the caller is not in it: the two look alike.</summary>
    public static Error NotAMember => Error.NotAMember;

    /// <summary>The connection would have more subscriptions than the limit.</summary>
    public static Error TooManySubscriptions(int max) => new(ErrorCodes.TooLarge, $"A connection is told of at most {max} users' presence.");

    /// <summary>The node's connections together have as many subscriptions as it holds.</summary>
    public static Error NoRoom { get; } =
        new(ErrorCodes.Unavailable, "The server has no room for more presence subscriptions; try again later.", TimeSpan.FromSeconds(30));
}
