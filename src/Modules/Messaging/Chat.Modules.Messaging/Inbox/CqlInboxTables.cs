using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Modules.Messaging.Feed;
using Chat.Modules.Messaging.Log.Cluster;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>Table <c>messaging_inbox</c> (Log/Cluster/cql).</summary>
internal sealed class CqlInboxTables : IInboxTables
{
    // Partitions of one batch: Cassandra logs a warning above that.
    private const int MaxPartitions = 10;

    // With this many rows, a user's partition gets a request of its own.
    private const int MaxShared = 8;

    // The level of the mark. Its span is above all others, so that it can be read with them.
    private const int MarkLevel = 0;

    private const string Columns = "level, span, conversation, mark, name, noticed, complete";
    private const string WhereMark = "WHERE user = ? AND level = 0 AND span = 9223372036854775807 AND conversation = ''";

    private readonly ICqlSession _session;
    private readonly ClusterTimes _times;
    private readonly Coalescer<(UserId User, IReadOnlyCollection<InboxRow> Rows), bool> _added;

    public CqlInboxTables(ICqlSession session, ClusterTimes times, TimeProvider clock)
    {
        (_session, _times) = (session, times);
        _added = new(MaxPartitions, _ => 0, AddAsync, clock);
    }

    public async Task<string?> ReadNameAsync(CancellationToken ct) =>
        (await _session.ExecuteAsync(new("SELECT inbox FROM messaging_epochs WHERE log = 'messages'"), ct)).Rows is [var row] && !row.IsNull(0)
            ? row.Get<string>(0)
            : null;

    public Task AddAsync(UserId user, IReadOnlyCollection<InboxRow> rows) =>
        rows.Count > MaxShared ? AddAsync([(user, rows)]) : _added.SendAsync((user, rows));

    public async Task<InboxRows> ReadAsync(UserId user, InboxLevel level, long from, long to, int size, byte[]? next, CancellationToken ct)
    {
        var page = await _session.ExecuteAsync(
            new($"SELECT {Columns} FROM messaging_inbox WHERE user = ? AND level IN (?, ?) AND span >= ? AND span <= ?",
                user.Value, MarkLevel, (int)level, from, to) { PageSize = size, PagingState = next }, ct);
        var mark = page.Rows is [var first, ..] && first.Get<int>(0) == MarkLevel ? ToMark(first) : null;
        return new InboxRows(
            [.. page.Rows.Skip(mark is null ? 0 : 1).Select(row => new InboxRow(level, row.Get<long>(1), ConversationId.Parse(row.Get<string>(2))))],
            mark, page.PagingState);
    }

    public async Task<InboxMark?> ReadMarkAsync(UserId user, CancellationToken ct) =>
        (await _session.ExecuteAsync(new($"SELECT {Columns} FROM messaging_inbox {WhereMark}", user.Value), ct)).Rows is [var row] ? ToMark(row) : null;

    public async Task<bool> TryMarkAsync(UserId user, InboxMark mark, Guid? token, CancellationToken ct)
    {
        var kept = (int)_times.MarkKept.TotalSeconds;
        var set = token is null
            ? new CqlStatement(
                """
                INSERT INTO messaging_inbox (user, level, span, conversation, mark, name, noticed, complete)
                VALUES (?, 0, 9223372036854775807, '', ?, ?, ?, ?) IF NOT EXISTS USING TTL ?
                """, user.Value, mark.Token, mark.Name, mark.Noticed, mark.IsComplete, kept) { Idempotent = false }
            : new CqlStatement(
                $"UPDATE messaging_inbox USING TTL ? SET mark = ?, name = ?, noticed = ?, complete = ? {WhereMark} IF mark = ?",
                kept, mark.Token, mark.Name, mark.Noticed, mark.IsComplete, user.Value, token.Value) { Idempotent = false };
        return (await _session.ExecuteAsync(set, ct)).Applied;
    }

    private async Task<IReadOnlyList<bool>> AddAsync(IReadOnlyList<(UserId User, IReadOnlyCollection<InboxRow> Rows)> added)
    {
        var inserts = added.SelectMany(one => one.Rows.Select(row => new CqlStatement(
            "INSERT INTO messaging_inbox (user, level, span, conversation) VALUES (?, ?, ?, ?) USING TTL ?",
            one.User.Value, (int)row.Level, row.Span, row.Conversation.Value,
            (int)(row.Level == InboxLevel.Spans ? _times.SpansKept : _times.DaysKept).TotalSeconds))).ToList();
        await (inserts is [var only] ? _session.ExecuteAsync(only) : _session.ExecuteBatchAsync(inserts));
        return new bool[added.Count];
    }

    private static InboxMark? ToMark(CqlRow row) => row.IsNull(3)
        ? null
        : new InboxMark(row.Get<Guid>(3), row.Get<string>(4), row.Get<DateTimeOffset>(5), row.Get<bool>(6));
}
