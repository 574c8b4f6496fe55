using Chat.BuildingBlocks.Errors;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>Every refusal this module gives, beside <c>bad_request</c> from its validators.</summary>
public static class MessagingErrors
{
    /// <summary>No such conversation, message or membership: the three look alike.</summary>
    public static Error NotAMember => Error.NotAMember;

    /// <summary>A text beyond the limit.</summary>
    public static Error TextTooLarge(int maxBytes) => new(ErrorCodes.TooLarge, $"A text is at most {maxBytes} bytes of UTF-8.");
}
