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

    /// <summary>A clearedUpTo beyond the head: what comes is not cleared before it is there.</summary>
    public static Error NothingToClear { get; } = Error.BadRequest("clearedUpTo is beyond the conversation's newest entry.");

    /// <summary>A text that is too long.</summary>
    public static Error TextTooLarge(int maxBytes) => new(ErrorCodes.TooLarge, $"A text is at most {maxBytes} bytes of UTF-8.");

    /// <summary>Only owner and admins of a large group mention all.</summary>
    public static Error MayNotMentionAll(int members) => new(ErrorCodes.Forbidden, $"In a group of more than {members} members only owner and admins may mention all.");

    /// <summary>Threads have no threads.</summary>
    public static Error RootInThread { get; } = Error.BadRequest("threadId names a message that is in a thread itself.");

    /// <summary>A change cannot be changed.</summary>
    public static Error TargetIsChange { get; } = Error.BadRequest("messageId names a change, not a message.");

    /// <summary>An edit or delete of somebody else's message.</summary>
    public static Error NotYours { get; } = new(ErrorCodes.Forbidden, "Only its sender may do that with a message; owner and admins of a group may delete it.");

    /// <summary>What in a group is for its owner and admins.</summary>
    public static Error NotAdmin { get; } = new(ErrorCodes.Forbidden, "In a group only its owner and admins may do that.");

    /// <summary>Nothing can be done with a deleted message.</summary>
    public static Error MessageDeleted { get; } = new(ErrorCodes.Conflict, "The message is deleted.");

    /// <summary>A reaction, pin or timer that was never set.</summary>
    public static Error NothingToTakeBack { get; } = new(ErrorCodes.Conflict, "It was never set.");

    /// <summary>An edit to what the text is already.</summary>
    public static Error TextUnchanged { get; } = Error.BadRequest("The text is what it was.");

    /// <summary>The time in which a message may be edited or deleted is over.</summary>
    public static Error TooLate(TimeSpan window) => new(ErrorCodes.TooLate, $"That is possible for {window.TotalSeconds:N0} s after a message was sent.");

    /// <summary>No more edits of a message.</summary>
    public static Error TooManyEdits(int max) => new(ErrorCodes.TooLarge, $"A message is edited at most {max} times.");

    /// <summary>No more different emoji on a message.</summary>
    public static Error TooManyReactions(int max) => new(ErrorCodes.TooLarge, $"A message has at most {max} different reactions.");

    /// <summary>No more different emoji of one user on a message.</summary>
    public static Error TooManyOwnReactions(int max) => new(ErrorCodes.TooLarge, $"A user sets at most {max} different reactions on a message over time.");

    /// <summary>No more pinned messages in a conversation.</summary>
    public static Error TooManyPins(int max) => new(ErrorCodes.TooLarge, $"A conversation has at most {max} pinned messages.");
}
