using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>One message in its present state.</summary>
/// <remarks>Refusals: <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>; <c>bad_request</c> for a change.</remarks>
public sealed record GetMessage(DeviceAddress Caller, ConversationId Conversation, MessageId Message) : IQuery<Result<MessageView>>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A message as its reader sees it.</summary>
/// <param name="Mine">The emoji that the reader has set on it.</param>
public sealed record MessageView(LoggedMessage Message, IReadOnlyList<string> Mine);

/// <summary>Who has reacted to a message, in no order that means anything.</summary>
/// <param name="Emoji">Only this one; null for all.</param>
/// <param name="Limit">1 or more; more than 200 is clamped to 200.</param>
/// <param name="Cursor">The <see cref="ReactionPage.Next"/> of the page before; null for the first.</param>
/// <remarks>Refusals: <c>bad_request</c>, <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>. A deleted message has none.</remarks>
public sealed record GetReactions(DeviceAddress Caller, ConversationId Conversation, MessageId Message, string? Emoji, int Limit, string? Cursor)
    : IQuery<Result<ReactionPage>>, IRateLimited
{
    /// <summary>The default number of reactions in a page.</summary>
    public const int DefaultLimit = 50;

    /// <summary>The most reactions in a page.</summary>
    public const int MaxLimit = 200;

    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A page of reactions.</summary>
/// <param name="Next">Where the next page begins; null at the end. A page before it may have fewer than the limit, or none.</param>
public sealed record ReactionPage(IReadOnlyList<UserReaction> Reactions, string? Next);

/// <summary>An emoji that a user has set on a message.</summary>
/// <param name="SeqNo">The entry that set it.</param>
public sealed record UserReaction(UserId User, string Emoji, SeqNo SeqNo);

/// <summary>The texts of a message, the first one and each edit, ascending.</summary>
/// <remarks>Refusals: <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>; <c>conflict</c> for a deleted message.</remarks>
public sealed record GetEdits(DeviceAddress Caller, ConversationId Conversation, MessageId Message) : IQuery<Result<IReadOnlyList<LoggedMessage>>>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>The pinned messages that the caller may see, newest pin first.</summary>
/// <param name="Cursor">The <see cref="PinPage.Next"/> of the page before; null for the first.</param>
/// <remarks>Refusals: <c>bad_request</c>, <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>.</remarks>
public sealed record GetPins(DeviceAddress Caller, ConversationId Conversation, string? Cursor = null) : IQuery<Result<PinPage>>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A page of pinned messages.</summary>
/// <param name="Next">Where the next page begins; null at the end.</param>
public sealed record PinPage(IReadOnlyList<MessageView> Messages, string? Next);

/// <summary>
/// The emoji that a user has set on some messages of a conversation; messages without are not in the answer. Ask for messages that have reactions. For other modules:
/// checks no membership.
/// </summary>
public sealed record GetOwnReactions(ConversationId Conversation, IReadOnlyList<SeqNo> Messages, UserId User)
    : IQuery<IReadOnlyDictionary<SeqNo, IReadOnlyList<string>>>;
