using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>The database operations of the inbox on a cluster. A user's rows are one partition: rows that are only added, and a mark that is changed conditionally.</summary>
/// <remarks>Each may throw <see cref="StoreUnavailableException"/>: the write may have happened, or may still happen at any later time.</remarks>
internal interface IInboxTables
{
    /// <summary>The name that marks of complete inboxes must have; null while servers may run that do not write the inbox.</summary>
    Task<string?> ReadNameAsync(CancellationToken ct);

    /// <summary>Adds rows of one user: at most 64, or those of one batch of messages.</summary>
    Task AddAsync(UserId user, IReadOnlyCollection<InboxRow> rows);

    /// <summary>
    /// A level's rows of the spans from <paramref name="from"/> to <paramref name="to"/>, descending. If <paramref name="to"/> is
    /// <see cref="long.MaxValue"/>, also the user's mark, from the same read.
    /// </summary>
    /// <param name="size">Rows of the answer, approximately.</param>
    /// <param name="next"><see cref="InboxRows.Next"/> of the answer before; null for the first.</param>
    Task<InboxRows> ReadAsync(UserId user, InboxLevel level, long from, long to, int size, byte[]? next, CancellationToken ct);

    Task<InboxMark?> ReadMarkAsync(UserId user, CancellationToken ct);

    /// <summary>Sets the mark if the present one has this <paramref name="token"/>; with null, if there is none.</summary>
    Task<bool> TryMarkAsync(UserId user, InboxMark mark, Guid? token, CancellationToken ct);
}

/// <summary>The unit of a row's time. The numbers are stored.</summary>
internal enum InboxLevel
{
    Spans = 1,

    Days = 2,
}

/// <summary>A conversation may have had activity within a span.</summary>
internal readonly record struct InboxRow(InboxLevel Level, long Span, ConversationId Conversation)
{
    /// <summary>The rows of a conversation for these activities.</summary>
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
/// <param name="Mark">Null if it was not asked for, or there is none.</param>
/// <param name="Next">Where the next answer begins; null at the end.</param>
internal sealed record InboxRows(IReadOnlyList<InboxRow> Rows, InboxMark? Mark, byte[]? Next);

/// <summary>Whether a user's part of the inbox is complete.</summary>
/// <param name="Token">A new one each time that the part was found missing.</param>
/// <param name="Name">The inbox's name when it was built; see <see cref="IInboxTables.ReadNameAsync"/>.</param>
/// <param name="Noticed">When it was found missing, or built from the log.</param>
/// <param name="IsComplete">All conversations of the user have their rows.</param>
internal sealed record InboxMark(Guid Token, string Name, DateTimeOffset Noticed, bool IsComplete);
