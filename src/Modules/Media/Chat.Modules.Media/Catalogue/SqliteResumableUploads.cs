using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;

namespace Chat.Modules.Media.Catalogue;

/// <summary>Table <c>media_uploads</c> (migrations/0002-resumable-uploads.sql). Who holds what is in memory: there is one server, and a restart ends all requests.</summary>
internal sealed class SqliteResumableUploads(SqliteDatabase database, TimeProvider clock) : IResumableUploads
{
    private readonly ConcurrentDictionary<MediaId, (Guid Holder, DateTimeOffset Until)> _held = [];

    public Task AddAsync(ResumableUpload upload, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute("INSERT OR IGNORE INTO media_uploads VALUES ($uploader, $id, $length, $offset, $state)", Parameters(upload)), ct);

    public Task<ResumableUpload?> FindAsync(UserId uploader, MediaId id, CancellationToken ct) => Task.FromResult(database.Read(
        connection => connection.Query<(long Length, long Offset, string? State)>(
                "SELECT length, offset, state FROM media_uploads WHERE uploader = $uploader AND media_id = $id", new { uploader = uploader.Value, id = id.ToString() })
            .Select(row => new ResumableUpload(id, uploader, row.Length, row.Offset, row.State)).FirstOrDefault()));

    public Task<int> CountAsync(UserId uploader, int most, CancellationToken ct) => Task.FromResult(database.Read(
        connection => connection.QuerySingle<int>(
            "SELECT count(*) FROM (SELECT 1 FROM media_uploads WHERE uploader = $uploader LIMIT $most)", new { uploader = uploader.Value, most })));

    public async Task<bool> TryHoldAsync(UserId uploader, MediaId id, Guid holder, DateTimeOffset until, CancellationToken ct) =>
        await FindAsync(uploader, id, ct) is not null
        && _held.AddOrUpdate(id, (holder, until), (_, held) => held.Holder == holder || held.Until <= clock.GetUtcNow() ? (holder, until) : held).Holder == holder;

    public async Task<bool> TryMoveAsync(ResumableUpload moved, Guid holder, DateTimeOffset until, CancellationToken ct) =>
        await TryHoldAsync(moved.Uploader, moved.Id, holder, until, ct)
        && await database.WriteAsync(
            connection => connection.Execute(
                "UPDATE media_uploads SET offset = $offset, state = $state WHERE uploader = $uploader AND media_id = $id", Parameters(moved)) == 1,
            ct);

    public Task ReleaseAsync(UserId uploader, MediaId id, Guid holder, CancellationToken ct)
    {
        if (_held.TryGetValue(id, out var held) && held.Holder == holder)
            _held.TryRemove(new KeyValuePair<MediaId, (Guid, DateTimeOffset)>(id, held));
        return Task.CompletedTask;
    }

    public Task RemoveAsync(UserId uploader, MediaId id, CancellationToken ct)
    {
        _held.TryRemove(id, out _);
        return database.WriteAsync(
            connection => connection.Execute(
                "DELETE FROM media_uploads WHERE uploader = $uploader AND media_id = $id", new { uploader = uploader.Value, id = id.ToString() }),
            ct);
    }

    private static object Parameters(ResumableUpload upload) => new
    {
        uploader = upload.Uploader.Value,
        id = upload.Id.ToString(),
        length = upload.Length,
        offset = upload.Offset,
        state = upload.State,
    };
}
