using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>
/// A user's rows from the top down: of the last days by spans, and below by days. A conversation stands nowhere above its highest row, and has a row where
/// it stands.
/// </summary>
/// <param name="tables">Where the rows are.</param>
/// <param name="times">How the rows are cut.</param>
/// <param name="user">Whose.</param>
/// <param name="now">The reader's time.</param>
/// <param name="floor">Conversations that stand at or above it are met.</param>
/// <param name="ceiling">Those that stand above it need not be; null: all are.</param>
internal sealed class InboxWalk(IInboxTables tables, ClusterTimes times, UserId user, DateTimeOffset now, Activity floor, Activity? ceiling)
{
    // Rows of the first request and of the others.
    private const int FirstPage = 256;
    private const int Page = 5_000;

    // Where the part by days begins, in the spans and in time.
    private readonly long _lowestSpan = times.SpanOf(Activity.At(now - times.Recent));
    private readonly Queue<InboxRow> _rows = new();
    private InboxLevel _level = InboxLevel.Spans;
    private InboxMark? _mark;
    private byte[]? _next;
    private int _pages;

    /// <summary>Conversations that were not met yet stand below it.</summary>
    public Activity Bound { get; private set; } = new(long.MaxValue);

    private Activity DaysBegin => times.SpanBegin(_lowestSpan);

    /// <summary>The user's mark: what is met afterwards belongs to it if <see cref="IsMarkUnchangedAsync"/> says so.</summary>
    public async Task<InboxMark?> ReadMarkAsync(CancellationToken ct)
    {
        if (ceiling is null)
            await ReadPageAsync(ct);
        else
            _mark = await tables.ReadMarkAsync(user, ct);
        return _mark;
    }

    /// <summary>Whether the mark stood there all the time.</summary>
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

    /// <summary>A conversation whose highest row this is stands below it.</summary>
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
