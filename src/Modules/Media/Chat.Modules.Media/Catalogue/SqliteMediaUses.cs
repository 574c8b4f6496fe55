using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;

namespace Chat.Modules.Media.Catalogue;

/// <summary>Table <c>media_uses</c> (migrations/0001-media.sql).</summary>
internal sealed class SqliteMediaUses(SqliteDatabase database) : IMediaUses
{
    private const string Select = "SELECT media_id, scope, sender, client_msg_id, conversation_id, seq_no, created_ms FROM media_uses";

    public Task AddAsync(IReadOnlyList<MediaUse> uses, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            """
            INSERT INTO media_uses VALUES ($media, $scope, $sender, $clientMsgId, $conversation, $seqNo, $created)
            ON CONFLICT DO UPDATE SET conversation_id = excluded.conversation_id, created_ms = excluded.created_ms WHERE seq_no IS NULL
            """,
            uses.Select(Parameters)),
        ct);

    public Task SetSeqNoAsync(MediaUse use, long seqNo, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            "UPDATE media_uses SET seq_no = $seqNo WHERE media_id = $media AND scope = $scope AND sender = $sender AND client_msg_id = $clientMsgId",
            Parameters(use with { SeqNo = seqNo })),
        ct);

    public Task<bool> TryRemoveAsync(IReadOnlyList<MediaUse> seen, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            """
            DELETE FROM media_uses
            WHERE media_id = $media AND scope = $scope AND sender = $sender AND client_msg_id = $clientMsgId AND created_ms = $created
            """,
            seen.Select(Parameters)) == seen.Count,
        ct);

    public Task<IReadOnlyList<MediaUse>> GetAsync(MediaId media, IReadOnlyList<string> scopes, int limit, CancellationToken ct) =>
        ReadAsync($"{Select} WHERE media_id = $media AND scope IN $scopes LIMIT $limit", new { media = media.ToString(), scopes, limit });

    public Task<IReadOnlyList<MediaUse>> GetAllAsync(MediaId media, int limit, CancellationToken ct) =>
        ReadAsync($"{Select} WHERE media_id = $media LIMIT $limit", new { media = media.ToString(), limit });

    private Task<IReadOnlyList<MediaUse>> ReadAsync(string sql, object parameters) => Task.FromResult(database.Read(
        connection => (IReadOnlyList<MediaUse>)[.. connection
            .Query<(string Media, string Scope, string Sender, string ClientMsgId, string Conversation, long? SeqNo, long Created)>(sql, parameters)
            .Select(row => new MediaUse(
                MediaId.Parse(row.Media), row.Scope, UserId.Parse(row.Sender), row.ClientMsgId, ConversationId.Parse(row.Conversation), row.SeqNo,
                DateTimeOffset.FromUnixTimeMilliseconds(row.Created)))]));

    private static object Parameters(MediaUse use) => new
    {
        media = use.Media.ToString(),
        scope = use.Scope,
        sender = use.Sender.Value,
        clientMsgId = use.ClientMsgId,
        conversation = use.Conversation.ToString(),
        seqNo = use.SeqNo,
        created = use.CreatedAt.ToUnixTimeMilliseconds(),
    };
}
