using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Media.Catalogue;

/// <summary>Table <c>media_uses</c> (cql/0001-media.cql). All writes are conditional.</summary>
internal sealed class CqlMediaUses(ICqlSession session) : IMediaUses
{
    private const int MaxTries = 100;

    // A batch of 5 KiB and more is logged by the server as a large one.
    private const int RemovedAtOnce = 25;

    private const string Select = "SELECT media_id, scope, sender, client_msg_id, conversation_id, seq_no, created_at FROM media_uses";
    private const string Key = "media_id = ? AND scope = ? AND sender = ? AND client_msg_id = ?";

    public async Task AddAsync(IReadOnlyList<MediaUse> uses, CancellationToken ct)
    {
        foreach (var use in uses)
            await AddAsync(use, ct);
    }

    private async Task AddAsync(MediaUse use, CancellationToken ct)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await ConditionallyAsync(
                """
                INSERT INTO media_uses (media_id, scope, sender, client_msg_id, conversation_id, seq_no, created_at) VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS
                """,
                ct, use.Media.Value, use.Scope, use.Sender.Value, use.ClientMsgId, use.Conversation.ToString(), use.SeqNo, use.CreatedAt))
                return;
            var there = await ReadAsync(
                new CqlStatement($"{Select} WHERE {Key}", use.Media.Value, use.Scope, use.Sender.Value, use.ClientMsgId) { Linearizable = true }, ct);
            if (there is [{ SeqNo: not null }])
                return;
            if (there is [var older] && await ConditionallyAsync(
                $"UPDATE media_uses SET conversation_id = ?, created_at = ? WHERE {Key} IF created_at = ? AND seq_no = null",
                ct, use.Conversation.ToString(), use.CreatedAt, use.Media.Value, use.Scope, use.Sender.Value, use.ClientMsgId, older.CreatedAt))
                return;
        }
        throw new StoreUnavailableException("Too many attempts with one clientMsgId come at once.");
    }

    public Task SetSeqNoAsync(MediaUse use, long seqNo, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement(
            $"UPDATE media_uses SET seq_no = ? WHERE {Key} IF EXISTS", seqNo, use.Media.Value, use.Scope, use.Sender.Value, use.ClientMsgId)
        {
            Idempotent = false,
        },
        ct);

    public async Task<bool> TryRemoveAsync(IReadOnlyList<MediaUse> seen, CancellationToken ct)
    {
        var all = true;
        foreach (var some in seen.Chunk(RemovedAtOnce))
        {
            if ((await session.ExecuteBatchAsync([.. some.Select(Removal)], ct)).Applied)
                continue;
            // One that was added again keeps those beside it.
            foreach (var use in some)
                all &= (await session.ExecuteAsync(Removal(use), ct)).Applied;
        }
        return all;
    }

    private static CqlStatement Removal(MediaUse seen) =>
        new($"DELETE FROM media_uses WHERE {Key} IF created_at = ?", seen.Media.Value, seen.Scope, seen.Sender.Value, seen.ClientMsgId, seen.CreatedAt) { Idempotent = false };

    // A write that was answered is read at a quorum.
    public Task<IReadOnlyList<MediaUse>> GetAsync(MediaId media, IReadOnlyList<string> scopes, int limit, CancellationToken ct) =>
        ReadAsync(new CqlStatement($"{Select} WHERE media_id = ? AND scope IN ? LIMIT ?", media.Value, scopes.ToList(), limit) { PageSize = limit }, ct);

    public Task<IReadOnlyList<MediaUse>> GetAllAsync(MediaId media, int limit, CancellationToken ct) =>
        ReadAsync(new CqlStatement($"{Select} WHERE media_id = ? LIMIT ?", media.Value, limit) { Linearizable = true, PageSize = limit }, ct);

    private async Task<bool> ConditionallyAsync(string cql, CancellationToken ct, params object?[] values) =>
        (await session.ExecuteAsync(new CqlStatement(cql, values) { Idempotent = false }, ct)).Applied;

    private async Task<IReadOnlyList<MediaUse>> ReadAsync(CqlStatement statement, CancellationToken ct) =>
        [.. (await session.ExecuteAsync(statement, ct)).Rows.Select(row => new MediaUse(
            new MediaId(row.Get<Guid>(0)), row.Get<string>(1), UserId.Parse(row.Get<string>(2)), row.Get<string>(3), ConversationId.Parse(row.Get<string>(4)),
            row.IsNull(5) ? null : row.Get<long>(5), row.Get<DateTimeOffset>(6)))];
}
