using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Mediation;

namespace Chat.Modules.Messaging.Contracts;

/// <summary>The caller's conversations, newest activity first: the archived ones, or all others.</summary>
/// <param name="Caller">Whose conversations.</param>
/// <param name="Limit">1 or more; more than 200 is clamped to 200.</param>
/// <param name="Cursor">The <see cref="ConversationPage.Next"/> of the page before; null for the first.</param>
/// <remarks>Refusals: <c>bad_request</c>, <c>rate_limited</c>.</remarks>
public sealed record GetConversations(DeviceAddress Caller, int Limit, string? Cursor) : IQuery<Result<ConversationPage>>, IRateLimited
{
    /// <summary>Whether the archived ones are asked for.</summary>
    public bool Archived { get; init; }

    /// <summary>The default number of conversations in a page.</summary>
    public const int DefaultLimit = 50;

    /// <summary>The most conversations in a page.</summary>
    public const int MaxLimit = 200;

    DeviceAddress IRateLimited.From => Caller;

    RateClass IRateLimited.Rate => RateClass.Other;
}

/// <summary>A page of conversations.</summary>
/// <param name="Conversations">Newest activity first. May be fewer than asked for, or none, although there is a next page.</param>
/// <param name="Next">Where the next page begins; null at the end.</param>
/// <param name="Epoch">The name of the log's history.</param>
public sealed record ConversationPage(IReadOnlyList<ConversationSummary> Conversations, string? Next, string Epoch);

/// <summary>One conversation as its member sees it in a list.</summary>
/// <param name="Title">A group's title; null for a direct conversation.</param>
/// <param name="MaxSeqNo">The head.</param>
/// <param name="DeliveredSeqNo">Up to here the calling device has acked.</param>
/// <param name="ReadSeqNo">Up to here the user has read.</param>
/// <param name="UnreadCount">Others' messages above <paramref name="ReadSeqNo"/>, counted in the log, at most <see cref="UnreadCap"/>.</param>
/// <param name="UnreadCapped">Whether there are more than were counted.</param>
/// <param name="LastMessage">The newest message, in its present state; null if the caller may not see it, or there is none.</param>
/// <param name="Own">What the caller has set for it, as it counts now.</param>
public sealed record ConversationSummary(
    ConversationId Id, string? Title, SeqNo MaxSeqNo, SeqNo DeliveredSeqNo, SeqNo ReadSeqNo, int UnreadCount, bool UnreadCapped,
    LoggedMessage? LastMessage, OwnSettings Own)
{
    /// <summary>Unread messages are counted up to this many.</summary>
    public const int UnreadCap = 100;

    /// <summary>
    /// Those of the unread messages that mention the caller, or everybody, as they are now; at most <see cref="UnreadCap"/>, and only of the newest 10,000 entries.
    /// </summary>
    public int UnreadMentions { get; init; }

    /// <summary>After how many seconds its messages expire; null if they do not.</summary>
    public int? Timer { get; init; }

    /// <summary>The emoji that the caller has set on <see cref="LastMessage"/>.</summary>
    public IReadOnlyList<string> Mine { get; init; } = [];
}
