using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>The messages that began threads, by the newest message of each, the newest first.</summary>
/// <param name="Limit">1 or more; more than 200 is clamped to 200.</param>
/// <param name="Cursor">The <see cref="ThreadPage.Next"/> of the page before; null for the first.</param>
/// <remarks>
/// Refusals: <c>bad_request</c>, <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>. A thread that gets a message while pages are read moves to the front, and is on no later page.
/// </remarks>
public sealed record GetThreads(DeviceAddress Caller, ConversationId Conversation, int Limit, string? Cursor) : IQuery<Result<ThreadPage>>, IRateLimited
{
    /// <summary>The default number of threads in a page.</summary>
    public const int DefaultLimit = 50;

    /// <summary>The most threads in a page.</summary>
    public const int MaxLimit = 200;

    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A page of threads.</summary>
/// <param name="Roots">The messages that began them, in their present state.</param>
/// <param name="Next">Where the next page begins; null at the end.</param>
public sealed record ThreadPage(IReadOnlyList<MessageView> Roots, string? Next);

/// <summary>Messages in a thread, without the one that began it.</summary>
/// <param name="Root">The message that began it. One without a thread has an empty page.</param>
/// <param name="After">Exclusive: the page goes upwards from here. Null together with <paramref name="Before"/>: from the first message.</param>
/// <param name="Before">Exclusive: the page goes downwards from here. Not together with <paramref name="After"/>.</param>
/// <param name="Limit">1 or more; more than 200 is clamped to 200.</param>
/// <remarks>Refusals: <c>bad_request</c> (also for a root that is a change), <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>.</remarks>
public sealed record GetThreadMessages(DeviceAddress Caller, ConversationId Conversation, MessageId Root, SeqNo? After, SeqNo? Before, int Limit)
    : IQuery<Result<ThreadMessagePage>>, IRateLimited
{
    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A page of a thread.</summary>
/// <param name="Messages">Ascending by seqNo, in their present state; deleted ones as their places.</param>
/// <param name="NextAfter">An upward page continues above this; null at the end, and on a downward page.</param>
/// <param name="NextBefore">A downward page continues below this; null at the end, and on an upward page.</param>
public sealed record ThreadMessagePage(IReadOnlyList<MessageView> Messages, SeqNo? NextAfter, SeqNo? NextBefore);
