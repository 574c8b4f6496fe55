using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Media.Catalogue;

/// <summary>Table <c>media_uses</c> (cql/0001-media.cql). All writes are conditional.</summary>
internal sealed class CqlMediaUses(ICqlSession session) : IMediaUses
{
    private const string Select = "SELECT media_id, scope, sender, client_msg_id, conversation_id, seq_no, created_at FROM media_uses";
    private const string Key = "media_id = ? AND scope = ? AND sender = ? AND client_msg_id = ?";

    public async Task AddAsync(IReadOnlyList<MediaUse> uses, CancellationToken ct)
    {
        foreach (var use in uses)
            await session.ExecuteAsync(
                new CqlStatement(
                    """
                    INSERT INTO media_uses (media_id, scope, sender, client_msg_id, conversation_id, seq_no, created_at) VALUES (?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS
                    """,
                    use.Media.Value, use.Scope, use.Sender.Value, use.ClientMsgId, use.Conversation.ToString(), use.SeqNo, use.CreatedAt) { Idempotent = false },
                ct);
    }

    public Task SetSeqNoAsync(MediaUse use, long seqNo, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement(
            $"UPDATE media_uses SET seq_no = ? WHERE {Key} IF EXISTS", seqNo, use.Media.Value, use.Scope, use.Sender.Value, use.ClientMsgId)
        {
            Idempotent = false,
        },
        ct);

    public Task RemoveAsync(MediaUse use, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement($"DELETE FROM media_uses WHERE {Key} IF EXISTS", use.Media.Value, use.Scope, use.Sender.Value, use.ClientMsgId) { Idempotent = false },
        ct);

    public Task<IReadOnlyList<MediaUse>> GetAsync(MediaId media, string scope, int limit, CancellationToken ct) =>
        ReadAsync(new CqlStatement($"{Select} WHERE media_id = ? AND scope = ? LIMIT ?", media.Value, scope, limit) { Linearizable = true, PageSize = limit }, ct);

    public Task<IReadOnlyList<MediaUse>> GetAllAsync(MediaId media, int limit, CancellationToken ct) =>
        ReadAsync(new CqlStatement($"{Select} WHERE media_id = ? LIMIT ?", media.Value, limit) { Linearizable = true, PageSize = limit }, ct);

    private async Task<IReadOnlyList<MediaUse>> ReadAsync(CqlStatement statement, CancellationToken ct) =>
        [.. (await session.ExecuteAsync(statement, ct)).Rows.Select(row => new MediaUse(
            new MediaId(row.Get<Guid>(0)), row.Get<string>(1), UserId.Parse(row.Get<string>(2)), row.Get<string>(3), ConversationId.Parse(row.Get<string>(4)),
            row.IsNull(5) ? null : row.Get<long>(5), row.Get<DateTimeOffset>(6)))];
}
