using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Refusals that several commands of this module share.</summary>
public static class MessagingErrors
{
    /// <summary>No such conversation, message or membership: all three look the same.</summary>
    public static Error NotAMember => Error.NotAMember;

    /// <summary>The sender has reached its limit of direct conversations.</summary>
    public static Error TooManyDirects(int max) => new(ErrorCodes.TooLarge, $"You have begun {max} direct conversations, and that is the limit.");

    /// <summary>The device is already reading the list of conversations.</summary>
    public static Error ListUnderWay { get; } =
        new(ErrorCodes.RateLimited, "A device reads one list of conversations at a time; wait for the answer.", TimeSpan.FromSeconds(1));

    /// <summary>A direct conversation without a message has no settings: it is not there yet.</summary>
    public static Error NothingToSet { get; } = new(ErrorCodes.Conflict, "The conversation has no message yet.");

    /// <summary>A text that is too long.</summary>
    public static Error TextTooLarge(int maxBytes) => new(ErrorCodes.TooLarge, $"A text is at most {maxBytes} bytes of UTF-8.");
}
