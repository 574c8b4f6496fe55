using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Media.Catalogue;

/// <summary>Table <c>media_uploads</c> (cql/0002-resumable-uploads.cql). All writes are conditional.</summary>
internal sealed class CqlResumableUploads(ICqlSession session, TimeProvider clock) : IResumableUploads
{
    private const string Key = "WHERE uploader = ? AND media_id = ?";

    public Task AddAsync(ResumableUpload upload, CancellationToken ct) => ConditionallyAsync(
        "INSERT INTO media_uploads (uploader, media_id, length, offset, state) VALUES (?, ?, ?, ?, ?) IF NOT EXISTS",
        ct, upload.Uploader.Value, upload.Id.Value, upload.Length, upload.Offset, upload.State);

    public async Task<ResumableUpload?> FindAsync(UserId uploader, MediaId id, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement($"SELECT length, offset, state FROM media_uploads {Key}", uploader.Value, id.Value) { Linearizable = true }, ct);
        return found.Rows is [var row]
            ? new ResumableUpload(id, uploader, row.Get<long>(0), row.Get<long>(1), row.IsNull(2) ? null : row.Get<string>(2))
            : null;
    }

    public async Task<int> CountAsync(UserId uploader, int most, CancellationToken ct) => (await session.ExecuteAsync(
        new CqlStatement("SELECT media_id FROM media_uploads WHERE uploader = ? LIMIT ?", uploader.Value, most) { PageSize = 10_000 }, ct)).Rows.Count;

    public async Task<bool> TryHoldAsync(UserId uploader, MediaId id, Guid holder, DateTimeOffset until, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement($"SELECT holder, held_until FROM media_uploads {Key}", uploader.Value, id.Value) { Linearizable = true }, ct);
        if (found.Rows is not [var row])
            return false;
        Guid? held = row.IsNull(0) ? null : row.Get<Guid>(0);
        if (held is not null && held != holder && row.Get<DateTimeOffset>(1) > clock.GetUtcNow())
            return false;
        return await ConditionallyAsync(
            $"UPDATE media_uploads SET holder = ?, held_until = ? {Key} IF holder = ? AND length > -1", ct, holder, until, uploader.Value, id.Value, held);
    }

    public Task<bool> TryMoveAsync(ResumableUpload moved, Guid holder, DateTimeOffset until, CancellationToken ct) => ConditionallyAsync(
        $"UPDATE media_uploads SET offset = ?, state = ?, held_until = ? {Key} IF holder = ?",
        ct, moved.Offset, moved.State, until, moved.Uploader.Value, moved.Id.Value, holder);

    public Task ReleaseAsync(UserId uploader, MediaId id, Guid holder, CancellationToken ct) =>
        ConditionallyAsync($"UPDATE media_uploads SET holder = null, held_until = null {Key} IF holder = ?", ct, uploader.Value, id.Value, holder);

    public Task RemoveAsync(UserId uploader, MediaId id, CancellationToken ct) =>
        ConditionallyAsync($"DELETE FROM media_uploads {Key} IF EXISTS", ct, uploader.Value, id.Value);

    private async Task<bool> ConditionallyAsync(string cql, CancellationToken ct, params object?[] values) =>
        (await session.ExecuteAsync(new CqlStatement(cql, values) { Idempotent = false }, ct)).Applied;
}
