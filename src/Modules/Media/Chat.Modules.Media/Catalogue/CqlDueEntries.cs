using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Media.Catalogue;

/// <summary>
/// Tables <c>media_due</c> and <c>media_due_from</c> (cql/0001-media.cql). Hours are read from the first that is not known to be done, so that the remains of
/// deleted entries are not read again.
/// </summary>
internal sealed class CqlDueEntries(ICqlSession session, TimeProvider clock)
{
    /// <summary>An hour that ended so long ago gets no more entries, wherever a server's clock stands.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromHours(2);

    // Set once this process knows that media_due_from has its row.
    private volatile bool _hasStart;

    public async Task AddAsync(DueEntry due, CancellationToken ct)
    {
        if (!_hasStart)
        {
            await session.ExecuteAsync(
                new CqlStatement("INSERT INTO media_due_from (part, hour) VALUES (0, ?) IF NOT EXISTS", HourOf(clock.GetUtcNow() - Slack)) { Idempotent = false }, ct);
            _hasStart = true;
        }
        await session.ExecuteAsync(
            new CqlStatement("INSERT INTO media_due (hour, due_at, kind, id) VALUES (?, ?, ?, ?)", HourOf(due.At), due.At, due.Kind, due.Id), ct);
    }

    public async Task<IReadOnlyList<DueEntry>> GetAsync(DateTimeOffset before, int limit, CancellationToken ct)
    {
        var start = await session.ExecuteAsync(new CqlStatement("SELECT hour FROM media_due_from WHERE part = 0") { Linearizable = true }, ct);
        var due = new List<DueEntry>();
        if (start.Rows is not [var from])
            return due;
        for (var hour = from.Get<int>(0); hour <= HourOf(before) && due.Count < limit; hour++)
        {
            var found = await session.ExecuteAsync(
                new CqlStatement("SELECT due_at, kind, id FROM media_due WHERE hour = ? AND due_at < ? LIMIT ?", hour, before, limit - due.Count)
                {
                    PageSize = limit,
                },
                ct);
            due.AddRange(found.Rows.Select(row => new DueEntry(row.Get<DateTimeOffset>(0), row.Get<string>(1), row.Get<string>(2))));
            if (due.Count == 0 && hour < HourOf(clock.GetUtcNow() - Slack))
                await session.ExecuteAsync(
                    new CqlStatement("UPDATE media_due_from SET hour = ? WHERE part = 0 IF hour = ?", hour + 1, hour) { Idempotent = false }, ct);
        }
        return due;
    }

    public Task DropAsync(DueEntry due, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement("DELETE FROM media_due WHERE hour = ? AND due_at = ? AND kind = ? AND id = ?", HourOf(due.At), due.At, due.Kind, due.Id), ct);

    private static int HourOf(DateTimeOffset time) => (int)(time.ToUnixTimeMilliseconds() / 3_600_000);
}
