using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>
/// Reads a user's rows from the top down: by spans for the last days, then by days. A conversation is never above its highest row, and it has a row at
/// its place.
/// </summary>
/// <param name="now">The reader's time.</param>
/// <param name="floor">All conversations at or above it are found.</param>
/// <param name="ceiling">Conversations above it may be left out; null: none is.</param>
internal sealed class InboxWalk(IInboxTables tables, ClusterTimes times, UserId user, DateTimeOffset now, Activity floor, Activity? ceiling)
{
    // Rows of the first request, and of each later one.
    private const int FirstPage = 256;
    private const int Page = 5_000;

    // Rows by days are read below this span.
    private readonly long _lowestSpan = times.SpanOf(Activity.At(now - times.SpansReadBack));
    private readonly Queue<InboxRow> _rows = new();
    private InboxLevel _level = InboxLevel.Spans;
    private InboxMark? _mark;
    private byte[]? _next;
    private int _pages;

    /// <summary>Conversations that were not found yet are below it.</summary>
    public Activity Bound { get; private set; } = new(long.MaxValue);

    private Activity DaysBegin => times.SpanBegin(_lowestSpan);

    /// <summary>The user's mark. The rows read after this belong to it if <see cref="IsMarkUnchangedAsync"/> then returns true.</summary>
    public async Task<InboxMark?> ReadMarkAsync(CancellationToken ct)
    {
        if (ceiling is null)
            await ReadPageAsync(ct);
        else
            _mark = await tables.ReadMarkAsync(user, ct);
        return _mark;
    }

    /// <summary>Whether the mark was there all the time.</summary>
    public async Task<bool> IsMarkUnchangedAsync(CancellationToken ct) =>
        (ceiling is null && _pages == 1) || await tables.ReadMarkAsync(user, ct) is { IsComplete: true } mark && mark.Token == _mark?.Token;

    /// <summary>The next row; null at the end.</summary>
    public async ValueTask<InboxRow?> NextAsync(CancellationToken ct)
    {
        while (_rows.Count == 0)
        {
            if (_pages > 0 && _next is null && !TryDescend())
            {
                Bound = Activity.Lowest;
                return null;
            }
            await ReadPageAsync(ct);
        }
        var row = _rows.Dequeue();
        Bound = BoundOf(row);
        return row;
    }

    /// <summary>A conversation whose highest row is this one is below it.</summary>
    public Activity BoundOf(InboxRow row) =>
        row.Level == InboxLevel.Spans ? times.SpanBegin(row.Span + 1)
        : times.DayBegin(row.Span + 1) is var end && end < DaysBegin ? end : DaysBegin;

    private bool TryDescend()
    {
        if (_level == InboxLevel.Days || floor >= DaysBegin)
            return false;
        _level = InboxLevel.Days;
        return true;
    }

    private async Task ReadPageAsync(CancellationToken ct)
    {
        if (_level == InboxLevel.Spans && ceiling < DaysBegin)
            _level = InboxLevel.Days;
        var (from, to) = _level == InboxLevel.Spans
            ? (Math.Max(_lowestSpan, times.SpanOf(floor)), ceiling is null ? long.MaxValue : times.SpanOf(ceiling.Value))
            : (times.DayOf(floor), times.DayOf(ceiling < DaysBegin ? ceiling.Value : DaysBegin));
        var read = await tables.ReadAsync(user, _level, from, to, _pages == 0 ? FirstPage : Page, _next, ct);
        _mark ??= read.Mark;
        _next = read.Next;
        _pages++;
        foreach (var row in read.Rows)
            _rows.Enqueue(row);
    }
}
