using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.Modules.Media.Catalogue;

/// <summary>Tables <c>media_…</c> but for <c>media_uses</c> (migrations/0001-media.sql). Each step is one transaction.</summary>
internal sealed class SqliteMediaCatalogue(SqliteDatabase database) : IMediaCatalogue
{
    private const string Columns =
        "media_id, uploader, state, blob_key, hash, size, type, name, width, height, duration_ms, blurhash, thumbnail, idem_key, created_ms, keep_ms";

    public Task<MediaRow?> FindAsync(MediaId id, CancellationToken ct) => Task.FromResult(database.Read(connection => Find(connection, id)));

    public Task<MediaRow?> FindByKeyAsync(UserId uploader, string key, CancellationToken ct) => Task.FromResult(database.Read(connection =>
        FindThereByKey(connection, uploader, key)));

    public Task<bool> TryBeginAsync(MediaRow begun, long bytes, long quota, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            if (!TryReserve(connection, begun.Uploader, begun.Id, bytes, quota))
                return false;
            AddDue(connection, new DueEntry(begun.KeepUntil, DueEntry.Medium, begun.Id.ToString()));
            connection.Execute(
                $"""
                INSERT INTO media_files ({Columns}) VALUES (
                  $id, $uploader, $state, $blobKey, $hash, $size, $type, $name, $width, $height, $durationMs, $blurhash, $thumbnail, $key, $created, $keep)
                """,
                Parameters(begun));
            return true;
        },
        ct);

    public Task<bool> TryReserveAsync(UserId uploader, MediaId id, long bytes, long quota, CancellationToken ct) =>
        database.WriteAsync(connection => TryReserve(connection, uploader, id, bytes, quota), ct);

    public Task<long> UsageAsync(UserId user, CancellationToken ct) => Task.FromResult(database.Read(connection => Total(connection, user)));

    public Task<string?> ReferAsync(MediaId id, byte[] hash, string storedAt, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            connection.Execute("INSERT INTO media_content VALUES ($hash, $storedAt) ON CONFLICT DO NOTHING", new { hash, storedAt });
            var key = connection.QuerySingle<string>("SELECT blob_key FROM media_content WHERE hash = $hash", new { hash });
            if (connection.Execute(
                "UPDATE media_files SET hash = $hash, blob_key = $key WHERE media_id = $id AND state = $uploading",
                new { hash, key, id = id.ToString(), uploading = (int)MediaState.Uploading }) == 0)
            {
                connection.Execute("DELETE FROM media_content WHERE hash = $hash AND blob_key = $storedAt", new { hash, storedAt });
                return null;
            }
            connection.Execute("INSERT OR REPLACE INTO media_references VALUES ($hash, $id, $key)", new { hash, id = id.ToString(), key });
            return key;
        },
        ct);

    public Task<MediaRow?> FinishAsync(MediaRow finished, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            if (finished.IdempotencyKey is { } key)
            {
                if (FindThereByKey(connection, finished.Uploader, key) is { } first && first.Id != finished.Id)
                    return first;
                connection.Execute(
                    "INSERT OR REPLACE INTO media_keys VALUES ($uploader, $key, $id)",
                    new { uploader = finished.Uploader.Value, key, id = finished.Id.ToString() });
            }
            var changed = connection.Execute(
                """
                UPDATE media_files SET state = $state, size = $size, type = $type, name = $name, width = $width, height = $height, duration_ms = $durationMs,
                  blurhash = $blurhash, thumbnail = $thumbnail, idem_key = $key, keep_ms = $keep
                WHERE media_id = $id AND state = 0
                """,
                Parameters(finished));
            if (changed == 1)
            {
                AddDue(connection, new DueEntry(finished.KeepUntil, DueEntry.Medium, finished.Id.ToString()));
                return finished;
            }
            var there = Find(connection, finished.Id) is { IsThere: true } row ? row : null;
            if (there is null && finished.IdempotencyKey is not null)
                ForgetKey(connection, finished);
            return there;
        },
        ct);

    public Task<bool> DescribeAsync(MediaRow described, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            """
            UPDATE media_files SET state = $state, type = $type, width = $width, height = $height, duration_ms = $durationMs, blurhash = $blurhash,
              thumbnail = $thumbnail
            WHERE media_id = $id AND state BETWEEN 1 AND 3
            """,
            Parameters(described)) == 1,
        ct);

    public Task<bool> KeepAsync(MediaId id, DateTimeOffset until, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            var kept = connection.QuerySingleOrDefault<long?>(
                "UPDATE media_files SET keep_ms = max(keep_ms + 1, $until) WHERE media_id = $id AND state BETWEEN 1 AND 3 RETURNING keep_ms",
                new { id = id.ToString(), until = until.ToUnixTimeMilliseconds() });
            if (kept is not { } ms)
                return false;
            AddDue(connection, new DueEntry(Time(ms), DueEntry.Medium, id.ToString()));
            return true;
        },
        ct);

    public Task<bool> TryBeginRemovalAsync(MediaRow seen, DateTimeOffset now, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            var begun = connection.Execute(
                "UPDATE media_files SET state = 4 WHERE media_id = $id AND state = $state AND keep_ms = $keep", Parameters(seen)) == 1;
            if (begun)
                AddDue(connection, new DueEntry(now, DueEntry.Medium, seen.Id.ToString()));
            return begun;
        },
        ct);

    public Task DropReferenceAsync(byte[] hash, MediaId id, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute("DELETE FROM media_references WHERE hash = $hash AND media_id = $id", new { hash, id = id.ToString() }), ct);

    public Task<bool> TryFreeAsync(byte[] hash, string blobKey, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            if (connection.QuerySingleOrDefault<int?>(
                "SELECT 1 FROM media_references WHERE hash = $hash AND blob_key = $blobKey LIMIT 1", new { hash, blobKey }) is not null)
                return false;
            connection.Execute("DELETE FROM media_content WHERE hash = $hash AND blob_key = $blobKey", new { hash, blobKey });
            return true;
        },
        ct);

    public Task ForgetAsync(MediaRow removed, CancellationToken ct) => database.WriteAsync(
        connection =>
        {
            TryReserve(connection, removed.Uploader, removed.Id, 0, long.MaxValue);
            connection.Execute(
                "DELETE FROM media_usage WHERE user_id = $user AND media_id = $id", new { user = removed.Uploader.Value, id = removed.Id.ToString() });
            ForgetKey(connection, removed);
            connection.Execute("DELETE FROM media_files WHERE media_id = $id", new { id = removed.Id.ToString() });
        },
        ct);

    public Task AddDueAsync(DueEntry due, CancellationToken ct) => database.WriteAsync(connection => AddDue(connection, due), ct);

    public Task<IReadOnlyList<DueEntry>> GetDueAsync(DateTimeOffset before, int limit, CancellationToken ct) => Task.FromResult(database.Read(
        connection => (IReadOnlyList<DueEntry>)[.. connection.Query<(long At, string Kind, string Id)>(
            "SELECT due_ms, kind, id FROM media_due WHERE due_ms < $before ORDER BY due_ms LIMIT $limit",
            new { before = before.ToUnixTimeMilliseconds(), limit }).Select(due => new DueEntry(Time(due.At), due.Kind, due.Id))]));

    public Task DropDueAsync(DueEntry due, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            "DELETE FROM media_due WHERE due_ms = $at AND kind = $kind AND id = $id", new { at = due.At.ToUnixTimeMilliseconds(), kind = due.Kind, id = due.Id }),
        ct);

    private static void AddDue(SqliteConnection connection, DueEntry due) => connection.Execute(
        "INSERT OR IGNORE INTO media_due VALUES ($at, $kind, $id)", new { at = due.At.ToUnixTimeMilliseconds(), kind = due.Kind, id = due.Id });

    private static void ForgetKey(SqliteConnection connection, MediaRow row) => connection.Execute(
        "DELETE FROM media_keys WHERE uploader = $uploader AND idem_key = $key AND media_id = $id",
        new { uploader = row.Uploader.Value, key = row.IdempotencyKey, id = row.Id.ToString() });

    private static MediaRow? FindThereByKey(SqliteConnection connection, UserId uploader, string key) =>
        connection.QuerySingleOrDefault<string>(
            "SELECT media_id FROM media_keys WHERE uploader = $uploader AND idem_key = $key", new { uploader = uploader.Value, key }) is { } id
            && Find(connection, MediaId.Parse(id)) is { IsThere: true } row
            ? row
            : null;

    private static long Total(SqliteConnection connection, UserId user) =>
        connection.QuerySingleOrDefault<long>("SELECT bytes FROM media_totals WHERE user_id = $user", new { user = user.Value });

    private static bool TryReserve(SqliteConnection connection, UserId user, MediaId id, long bytes, long quota)
    {
        var parameters = new { user = user.Value, id = id.ToString(), bytes };
        var more = bytes - connection.QuerySingleOrDefault<long>("SELECT bytes FROM media_usage WHERE user_id = $user AND media_id = $id", parameters);
        var total = Total(connection, user) + more;
        if (more > 0 && total > quota)
            return false;
        connection.Execute("INSERT OR REPLACE INTO media_usage VALUES ($user, $id, $bytes)", parameters);
        connection.Execute("INSERT OR REPLACE INTO media_totals VALUES ($user, $total)", new { user = user.Value, total });
        return true;
    }

    private static MediaRow? Find(SqliteConnection connection, MediaId id)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM media_files WHERE media_id = $id";
        command.Parameters.AddWithValue("$id", id.ToString());
        using var row = command.ExecuteReader();
        return row.Read() ? ToRow(row) : null;
    }

    private static MediaRow ToRow(SqliteDataReader row) => new()
    {
        Id = MediaId.Parse(row.GetString(0)),
        Uploader = UserId.Parse(row.GetString(1)),
        State = (MediaState)row.GetInt32(2),
        BlobKey = row.GetString(3),
        Hash = row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4),
        Size = row.GetInt64(5),
        ContentType = row.GetString(6),
        Name = row.IsDBNull(7) ? null : row.GetString(7),
        Width = row.IsDBNull(8) ? null : row.GetInt32(8),
        Height = row.IsDBNull(9) ? null : row.GetInt32(9),
        DurationMs = row.IsDBNull(10) ? null : row.GetInt64(10),
        Blurhash = row.IsDBNull(11) ? null : row.GetString(11),
        HasThumbnail = row.GetInt32(12) == 1,
        IdempotencyKey = row.IsDBNull(13) ? null : row.GetString(13),
        CreatedAt = Time(row.GetInt64(14)),
        KeepUntil = Time(row.GetInt64(15)),
    };

    private static object Parameters(MediaRow row) => new
    {
        id = row.Id.ToString(),
        uploader = row.Uploader.Value,
        state = (int)row.State,
        blobKey = row.BlobKey,
        hash = row.Hash,
        size = row.Size,
        type = row.ContentType,
        name = row.Name,
        width = row.Width,
        height = row.Height,
        durationMs = row.DurationMs,
        blurhash = row.Blurhash,
        thumbnail = row.HasThumbnail ? 1 : 0,
        key = row.IdempotencyKey,
        created = row.CreatedAt.ToUnixTimeMilliseconds(),
        keep = row.KeepUntil.ToUnixTimeMilliseconds(),
    };

    private static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
