using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Media.Catalogue;

/// <summary>Tables <c>media_…</c> but for <c>media_uses</c> (cql/0001-media.cql). All writes to rows that others may write are conditional.</summary>
/// <remarks>A step writes what makes a later removal find everything before what is to be found: the due entry, the row with its blob key, the reference.</remarks>
internal sealed class CqlMediaCatalogue(ICqlSession session, TimeProvider clock) : IMediaCatalogue
{
    private const int MaxTries = 100;

    private const string Select =
        """
        SELECT media_id, uploader, state, blob_key, hash, size, type, name, width, height, duration_ms, blurhash, thumbnail, idem_key, created_at, keep_until
        FROM media_files WHERE media_id = ?
        """;

    private readonly CqlDueEntries _due = new(session, clock);

    public Task<MediaRow?> FindAsync(MediaId id, CancellationToken ct) => FindAsync(id, linearizable: false, ct);

    public async Task<MediaRow?> FindByKeyAsync(UserId uploader, string key, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT media_id FROM media_keys WHERE uploader = ? AND idem_key = ?", uploader.Value, key) { Linearizable = true }, ct);
        return found.Rows is [var row] && await FindAsync(new MediaId(row.Get<Guid>(0)), linearizable: true, ct) is { IsThere: true } first ? first : null;
    }

    public async Task<bool> TryBeginAsync(MediaRow begun, long bytes, long quota, CancellationToken ct)
    {
        await _due.AddAsync(new DueEntry(begun.KeepUntil, DueEntry.Medium, begun.Id.ToString()), ct);
        await ConditionallyAsync(
            """
            INSERT INTO media_files (media_id, uploader, state, blob_key, size, type, name, thumbnail, idem_key, created_at, keep_until)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS
            """,
            ct, begun.Id.Value, begun.Uploader.Value, (int)begun.State, begun.BlobKey, begun.Size, begun.ContentType, begun.Name, begun.HasThumbnail,
            begun.IdempotencyKey, begun.CreatedAt, begun.KeepUntil);
        if (await TryReserveAsync(begun.Uploader, begun.Id, bytes, quota, ct))
            return true;
        await ConditionallyAsync("DELETE FROM media_files WHERE media_id = ? IF EXISTS", ct, begun.Id.Value);
        return false;
    }

    public async Task<bool> TryReserveAsync(UserId uploader, MediaId id, long bytes, long quota, CancellationToken ct)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var total = await TotalAsync(uploader, linearizable: true, ct);
            var mine = await session.ExecuteAsync(
                new CqlStatement("SELECT bytes FROM media_usage WHERE user_id = ? AND media_id = ?", uploader.Value, id.Value) { Linearizable = true }, ct);
            long? before = mine.Rows is [var row] && !row.IsNull(0) ? row.Get<long>(0) : null;
            var more = bytes - (before ?? 0);
            if (more > 0 && (total ?? 0) + more > quota)
                return false;
            var changed = await session.ExecuteBatchAsync(
                [
                    new CqlStatement("UPDATE media_usage SET total = ? WHERE user_id = ? IF total = ?", (total ?? 0) + more, uploader.Value, total) { Idempotent = false },
                    new CqlStatement("UPDATE media_usage SET bytes = ? WHERE user_id = ? AND media_id = ? IF bytes = ?", bytes, uploader.Value, id.Value, before)
                    {
                        Idempotent = false,
                    },
                ],
                ct);
            if (changed.Applied)
                return true;
        }
        throw new StoreUnavailableException("Too many uploads of one user change its quota at once.");
    }

    public async Task<long> UsageAsync(UserId user, CancellationToken ct) => await TotalAsync(user, linearizable: false, ct) ?? 0;

    public async Task<string?> ReferAsync(MediaId id, byte[] hash, string storedAt, CancellationToken ct)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var offered = await OfferedAsync(hash, ct);
            var key = offered ?? storedAt;
            if (!await ConditionallyAsync(
                "UPDATE media_files SET hash = ?, blob_key = ? WHERE media_id = ? IF state = ?", ct, hash, key, id.Value, (int)MediaState.Uploading))
                return null;
            var referred = await session.ExecuteBatchAsync(
                [
                    new CqlStatement("UPDATE media_content SET offered_key = ? WHERE hash = ? IF offered_key = ?", key, hash, offered) { Idempotent = false },
                    new CqlStatement("INSERT INTO media_content (hash, media_id, blob_key) VALUES (?, ?, ?)", hash, id.Value, key) { Idempotent = false },
                ],
                ct);
            if (referred.Applied)
                return key;
        }
        throw new StoreUnavailableException("Too many uploads of one content come at once.");
    }

    public async Task<MediaRow?> FinishAsync(MediaRow finished, CancellationToken ct)
    {
        await _due.AddAsync(new DueEntry(finished.KeepUntil, DueEntry.Medium, finished.Id.ToString()), ct);
        var done = await ConditionallyAsync(
            """
            UPDATE media_files SET state = ?, size = ?, type = ?, name = ?, width = ?, height = ?, duration_ms = ?, blurhash = ?, thumbnail = ?, idem_key = ?,
              keep_until = ?
            WHERE media_id = ? IF state = ?
            """,
            ct, (int)finished.State, finished.Size, finished.ContentType, finished.Name, finished.Width, finished.Height, finished.DurationMs,
            finished.Blurhash, finished.HasThumbnail, finished.IdempotencyKey, finished.KeepUntil, finished.Id.Value, (int)MediaState.Uploading);
        if (!done && await FindAsync(finished.Id, linearizable: true, ct) is not { IsThere: true })
            return null;
        return finished.IdempotencyKey is { } key ? await ClaimKeyAsync(finished, key, ct) : finished;
    }

    public Task<bool> DescribeAsync(MediaRow described, CancellationToken ct) => ConditionallyAsync(
        "UPDATE media_files SET state = ?, type = ?, width = ?, height = ?, duration_ms = ?, blurhash = ?, thumbnail = ? WHERE media_id = ? IF state IN (1, 2, 3)",
        ct, (int)described.State, described.ContentType, described.Width, described.Height, described.DurationMs, described.Blurhash,
        described.HasThumbnail, described.Id.Value);

    public async Task<bool> KeepAsync(MediaId id, DateTimeOffset until, CancellationToken ct)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await FindAsync(id, linearizable: true, ct) is not { IsThere: true } row)
                return false;
            var kept = row.KeepUntil >= until ? row.KeepUntil.AddMilliseconds(1) : until;
            await _due.AddAsync(new DueEntry(kept, DueEntry.Medium, id.ToString()), ct);
            if (await ConditionallyAsync(
                "UPDATE media_files SET keep_until = ? WHERE media_id = ? IF state = ? AND keep_until = ?",
                ct, kept, id.Value, (int)row.State, row.KeepUntil))
                return true;
        }
        throw new StoreUnavailableException("Too many messages take one file at once.");
    }

    public async Task<bool> TryBeginRemovalAsync(MediaRow seen, DateTimeOffset now, CancellationToken ct)
    {
        await _due.AddAsync(new DueEntry(now, DueEntry.Medium, seen.Id.ToString()), ct);
        return await ConditionallyAsync(
            "UPDATE media_files SET state = ? WHERE media_id = ? IF state = ? AND keep_until = ?",
            ct, (int)MediaState.Removed, seen.Id.Value, (int)seen.State, seen.KeepUntil);
    }

    public Task DropReferenceAsync(byte[] hash, MediaId id, CancellationToken ct) =>
        ConditionallyAsync("DELETE FROM media_content WHERE hash = ? AND media_id = ? IF EXISTS", ct, hash, id.Value);

    public async Task<bool> TryFreeAsync(byte[] hash, string blobKey, CancellationToken ct)
    {
        // First nothing more may refer to it, then whether something does.
        var wasOffered = await OfferAsync(hash, null, blobKey, ct);
        if (!await IsReferredToAsync(hash, blobKey, ct))
            return true;
        if (wasOffered)
            await OfferAsync(hash, blobKey, null, ct);
        return false;
    }

    public async Task ForgetAsync(MediaRow removed, CancellationToken ct)
    {
        await TryReserveAsync(removed.Uploader, removed.Id, 0, long.MaxValue, ct);
        await ConditionallyAsync("DELETE FROM media_usage WHERE user_id = ? AND media_id = ? IF bytes = 0", ct, removed.Uploader.Value, removed.Id.Value);
        if (removed.IdempotencyKey is { } key)
            await ConditionallyAsync(
                "DELETE FROM media_keys WHERE uploader = ? AND idem_key = ? IF media_id = ?", ct, removed.Uploader.Value, key, removed.Id.Value);
        await ConditionallyAsync("DELETE FROM media_files WHERE media_id = ? IF EXISTS", ct, removed.Id.Value);
    }

    public Task AddDueAsync(DueEntry due, CancellationToken ct) => _due.AddAsync(due, ct);

    public Task<IReadOnlyList<DueEntry>> GetDueAsync(DateTimeOffset before, int limit, CancellationToken ct) => _due.GetAsync(before, limit, ct);

    public Task DropDueAsync(DueEntry due, CancellationToken ct) => _due.DropAsync(due, ct);

    private async Task<MediaRow?> ClaimKeyAsync(MediaRow finished, string key, CancellationToken ct)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var claimed = await session.ExecuteAsync(
                new CqlStatement(
                    "INSERT INTO media_keys (uploader, idem_key, media_id) VALUES (?, ?, ?) IF NOT EXISTS", finished.Uploader.Value, key, finished.Id.Value)
                {
                    Idempotent = false,
                },
                ct);
            if (claimed.Applied)
                return finished;
            var found = await session.ExecuteAsync(
                new CqlStatement("SELECT media_id FROM media_keys WHERE uploader = ? AND idem_key = ?", finished.Uploader.Value, key) { Linearizable = true }, ct);
            if (found.Rows is not [var holder])
                continue;
            var first = new MediaId(holder.Get<Guid>(0));
            if (first == finished.Id)
                return finished;
            if (await FindAsync(first, linearizable: true, ct) is { IsThere: true } row)
                return row;
            await ConditionallyAsync(
                "DELETE FROM media_keys WHERE uploader = ? AND idem_key = ? IF media_id = ?", ct, finished.Uploader.Value, key, first.Value);
        }
        throw new StoreUnavailableException("Too many uploads with one idempotency key come at once.");
    }

    private async Task<MediaRow?> FindAsync(MediaId id, bool linearizable, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(new CqlStatement(Select, id.Value) { Linearizable = linearizable }, ct);
        return found.Rows is [var row] ? ToRow(row) : null;
    }

    // Null where the user never uploaded anything.
    private async Task<long?> TotalAsync(UserId user, bool linearizable, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT DISTINCT user_id, total FROM media_usage WHERE user_id = ?", user.Value) { Linearizable = linearizable }, ct);
        return found.Rows is [var row] && !row.IsNull(1) ? row.Get<long>(1) : null;
    }

    private async Task<string?> OfferedAsync(byte[] hash, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT DISTINCT hash, offered_key FROM media_content WHERE hash = ?", hash) { Linearizable = true }, ct);
        return found.Rows is [var row] && !row.IsNull(1) ? row.Get<string>(1) : null;
    }

    private Task<bool> OfferAsync(byte[] hash, string? offered, string? before, CancellationToken ct) =>
        ConditionallyAsync("UPDATE media_content SET offered_key = ? WHERE hash = ? IF offered_key = ?", ct, offered, hash, before);

    private async Task<bool> IsReferredToAsync(byte[] hash, string blobKey, CancellationToken ct)
    {
        var statement = new CqlStatement("SELECT media_id, blob_key FROM media_content WHERE hash = ?", hash) { Linearizable = true };
        while (true)
        {
            var page = await session.ExecuteAsync(statement, ct);
            if (page.Rows.Any(row => !row.IsNull(1) && row.Get<string>(1) == blobKey))
                return true;
            if (page.PagingState is not { } next)
                return false;
            statement = statement.After(next);
        }
    }

    private async Task<bool> ConditionallyAsync(string cql, CancellationToken ct, params object?[] values) =>
        (await session.ExecuteAsync(new CqlStatement(cql, values) { Idempotent = false }, ct)).Applied;

    private static MediaRow ToRow(CqlRow row) => new()
    {
        Id = new MediaId(row.Get<Guid>(0)),
        Uploader = UserId.Parse(row.Get<string>(1)),
        State = (MediaState)row.Get<int>(2),
        BlobKey = row.Get<string>(3),
        Hash = row.IsNull(4) ? null : row.Get<byte[]>(4),
        Size = row.Get<long>(5),
        ContentType = row.Get<string>(6),
        Name = row.IsNull(7) ? null : row.Get<string>(7),
        Width = row.IsNull(8) ? null : row.Get<int>(8),
        Height = row.IsNull(9) ? null : row.Get<int>(9),
        DurationMs = row.IsNull(10) ? null : row.Get<long>(10),
        Blurhash = row.IsNull(11) ? null : row.Get<string>(11),
        HasThumbnail = row.Get<bool>(12),
        IdempotencyKey = row.IsNull(13) ? null : row.Get<string>(13),
        CreatedAt = row.Get<DateTimeOffset>(14),
        KeepUntil = row.Get<DateTimeOffset>(15),
    };
}
