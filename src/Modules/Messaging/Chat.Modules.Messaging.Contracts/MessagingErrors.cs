using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Every refusal this module gives, beside <c>bad_request</c> from its validators.</summary>
public static class MessagingErrors
{
    /// <summary>No such conversation, message or membership: the three look alike.</summary>
    public static Error NotAMember => Error.NotAMember;

    /// <summary>The sender has begun as many direct conversations as it may.</summary>
    public static Error TooManyDirects(int max) => new(ErrorCodes.TooLarge, $"You have begun {max} direct conversations, and that is the limit.");

    /// <summary>The device has a list of conversations under way.</summary>
    public static Error ListUnderWay { get; } =
        new(ErrorCodes.RateLimited, "A device reads one list of conversations at a time; wait for the answer.", TimeSpan.FromSeconds(1));

    /// <summary>A text beyond the limit.</summary>
    public static Error TextTooLarge(int maxBytes) => new(ErrorCodes.TooLarge, $"A text is at most {maxBytes} bytes of UTF-8.");
}
