using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>What the inbox of a cluster asks of its database: rows that are only ever added, each user's in one partition, and one row that is changed conditionally.</summary>
/// <remarks>Each may throw <see cref="StoreUnavailableException"/>: a write may then have happened, or happen at any later time.</remarks>
internal interface IInboxTables
{
    /// <summary>Under which name inboxes are complete; null while servers may run that do not write them.</summary>
    Task<string?> ReadNameAsync(CancellationToken ct);

    /// <summary>Adds rows of one user, at most as many as a conversation has messages in a batch, or 64.</summary>
    Task AddAsync(UserId user, IReadOnlyCollection<InboxRow> rows);

    /// <summary>
    /// A level's rows of the spans from <paramref name="from"/> to <paramref name="to"/>, downwards, and for the highest span possible
    /// (<see cref="long.MaxValue"/>) the user's mark too, all as they were together.
    /// </summary>
    /// <param name="user">Whose.</param>
    /// <param name="level">Of which level.</param>
    /// <param name="from">The lowest span.</param>
    /// <param name="to">The highest.</param>
    /// <param name="size">Rows of the answer, about.</param>
    /// <param name="next">Where the answer before ended; null for the first.</param>
    Task<InboxRows> ReadAsync(UserId user, InboxLevel level, long from, long to, int size, byte[]? next, CancellationToken ct);

    Task<InboxMark?> ReadMarkAsync(UserId user, CancellationToken ct);

    /// <summary>Sets the mark where the one that stands there is of this <paramref name="token"/>, or none is where that is null.</summary>
    Task<bool> TryMarkAsync(UserId user, InboxMark mark, Guid? token, CancellationToken ct);
}

/// <summary>How finely a row says when a conversation had activity. The numbers are stored.</summary>
internal enum InboxLevel
{
    Spans = 1,

    Days = 2,
}

/// <summary>A conversation had activity within a span, or may have had.</summary>
internal readonly record struct InboxRow(InboxLevel Level, long Span, ConversationId Conversation)
{
    /// <summary>The rows that a conversation has by some activities.</summary>
    public static IReadOnlyCollection<InboxRow> At(ConversationId conversation, IEnumerable<Activity> activities, DateTimeOffset now, ClusterTimes times)
    {
        var rows = new HashSet<InboxRow>();
        foreach (var activity in activities)
        {
            rows.Add(new InboxRow(InboxLevel.Days, times.DayOf(activity), conversation));
            if (activity > Activity.At(now - times.SpansKept))
                rows.Add(new InboxRow(InboxLevel.Spans, times.SpanOf(activity), conversation));
        }
        return rows;
    }
}

/// <summary>Rows as they were read.</summary>
/// <param name="Rows">Descending.</param>
/// <param name="Mark">Where it was asked for and is there.</param>
/// <param name="Next">There may be more from here on; null at the end.</param>
internal sealed record InboxRows(IReadOnlyList<InboxRow> Rows, InboxMark? Mark, byte[]? Next);

/// <summary>Whether a user's part of the inbox is complete.</summary>
/// <param name="Token">Made anew whenever the part was found missing.</param>
/// <param name="Name">Under which it was made.</param>
/// <param name="Noticed">When it was found missing, or made from the log.</param>
/// <param name="IsComplete">All conversations of the user have their rows.</param>
internal sealed record InboxMark(Guid Token, string Name, DateTimeOffset Noticed, bool IsComplete);
