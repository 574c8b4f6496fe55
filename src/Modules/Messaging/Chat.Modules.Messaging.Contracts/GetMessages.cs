using System.Collections.ObjectModel;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>A page of a conversation's history as its member may see it.</summary>
/// <param name="Conversation">Of which conversation.</param>
/// <param name="After">Exclusive: the page goes upwards from here. Null together with <paramref name="Before"/>: from the first message.</param>
/// <param name="Before">Exclusive: the page goes downwards from here. Not together with <paramref name="After"/>.</param>
/// <param name="Limit">1 or more; more than 200 is clamped to 200.</param>
/// <remarks>Refusals: <c>bad_request</c>, <c>rate_limited</c>, <see cref="MessagingErrors.NotAMember"/>.</remarks>
public sealed record GetMessages(DeviceAddress Caller, ConversationId Conversation, SeqNo? After, SeqNo? Before, int Limit)
    : IQuery<Result<MessagePage>>, IRateLimited
{
    /// <summary>The default number of messages in a page.</summary>
    public const int DefaultLimit = 50;

    /// <summary>The most messages in a page.</summary>
    public const int MaxLimit = 200;

    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>Messages and changes in ascending order.</summary>
/// <param name="Conversation">Whose they are.</param>
/// <param name="Messages">Ascending by seqNo; a seqNo that is missing within the page's bounds is a hole for certain.</param>
/// <param name="NextAfter">Up to here an upward page is complete; <paramref name="MaxSeqNo"/> at the end. Null on a downward page.</param>
/// <param name="NextBefore">A downward page continues below this; null on an upward page, and if there is nothing below.</param>
/// <param name="MaxSeqNo">The conversation's head.</param>
public sealed record MessagePage(
    ConversationId Conversation, IReadOnlyList<LoggedMessage> Messages, SeqNo? NextAfter, SeqNo? NextBefore, SeqNo MaxSeqNo)
{
    /// <summary>The changes within the page's bounds, ascending by seqNo. They count towards the limit.</summary>
    public IReadOnlyList<LoggedMessage> Changes { get; init; } = [];

    /// <summary>The emoji that the caller has set on messages of the page; messages without are not in it.</summary>
    public IReadOnlyDictionary<SeqNo, IReadOnlyList<string>> Mine { get; init; } = NoReactions;

    /// <summary>Nothing is set.</summary>
    public static IReadOnlyDictionary<SeqNo, IReadOnlyList<string>> NoReactions { get; } = ReadOnlyDictionary<SeqNo, IReadOnlyList<string>>.Empty;
}
