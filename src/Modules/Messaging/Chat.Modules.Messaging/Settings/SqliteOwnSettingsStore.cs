using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Messaging.Contracts;
using Dapper;

namespace Chat.Modules.Messaging.Settings;

/// <summary>Table <c>messaging_own_settings</c> (migrations/0001-own-settings.sql, 0002-more-own-settings.sql).</summary>
internal sealed class SqliteOwnSettingsStore(SqliteDatabase database) : IOwnSettingsStore
{
    public TimeSpan MaxAge => Timeout.InfiniteTimeSpan;

    public Task<IReadOnlyDictionary<ConversationId, OwnSettings>> ReadAsync(
        UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<ConversationId, OwnSettings>>(database.Read(reader => reader
            .Query<Row>(
                """
                SELECT conversation_id Conversation, muted_until MutedUntil, pinned Pinned, unread_below UnreadBelow, draft Draft FROM json_each($conversations)
                CROSS JOIN messaging_own_settings ON user_id = $user AND conversation_id = value
                """,
                new { user = user.Value, conversations = JsonSerializer.Serialize(conversations) })
            .ToDictionary(row => ConversationId.Parse(row.Conversation), row => row.ToSettings())));

    public Task<IReadOnlyDictionary<ConversationId, Hidden>> ReadHiddenAsync(
        UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<ConversationId, Hidden>>(ReadHidden(
            """
            SELECT conversation_id, archived_below, cleared_up_to FROM json_each($conversations)
            CROSS JOIN messaging_own_settings ON user_id = $user AND conversation_id = value WHERE archived_below > 0 OR cleared_up_to > 0
            """,
            new { user = user.Value, conversations = JsonSerializer.Serialize(conversations) }));

    public Task<IReadOnlyDictionary<ConversationId, Hidden>?> ReadHiddenAsync(UserId user, int limit, CancellationToken ct)
    {
        var hidden = ReadHidden(
            """
            SELECT conversation_id, archived_below, cleared_up_to FROM messaging_own_settings
            WHERE user_id = $user AND (archived_below > 0 OR cleared_up_to > 0) LIMIT $most
            """,
            new { user = user.Value, most = limit + 1 });
        return Task.FromResult<IReadOnlyDictionary<ConversationId, Hidden>?>(hidden.Count > limit ? null : hidden);
    }

    public Task SaveAsync(UserId user, ConversationId conversation, OwnSettingsChange change, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            """
            INSERT INTO messaging_own_settings (user_id, conversation_id, muted_until, archived_below, pinned, unread_below, cleared_up_to, draft)
            VALUES ($user, $conversation, $mutedUntil, $archivedBelow, $pinned, $unreadBelow, $clearedUpTo, $draft)
            ON CONFLICT DO UPDATE SET
                muted_until = coalesce(excluded.muted_until, muted_until),
                archived_below = coalesce(excluded.archived_below, archived_below),
                pinned = coalesce(excluded.pinned, pinned),
                unread_below = coalesce(excluded.unread_below, unread_below),
                cleared_up_to = max(coalesce(excluded.cleared_up_to, cleared_up_to), coalesce(cleared_up_to, excluded.cleared_up_to)),
                draft = coalesce(excluded.draft, draft)
            """,
            new
            {
                user = user.Value,
                conversation = conversation.Value,
                mutedUntil = change.MutedUntil?.ToUnixTimeMilliseconds(),
                archivedBelow = change.ArchivedBelow?.Value,
                pinned = change.IsPinned,
                unreadBelow = change.UnreadBelow?.Value,
                clearedUpTo = change.ClearedUpTo?.Value,
                draft = change.Draft,
            }),
        ct);

    private Dictionary<ConversationId, Hidden> ReadHidden(string sql, object parameters) => database.Read(reader => reader
        .Query<(string Conversation, long? ArchivedBelow, long? ClearedUpTo)>(sql, parameters)
        .ToDictionary(row => ConversationId.Parse(row.Conversation), row => new Hidden(new SeqNo(row.ArchivedBelow ?? 0), new SeqNo(row.ClearedUpTo ?? 0))));

    private sealed record Row(string Conversation, long? MutedUntil, long? Pinned, long? UnreadBelow, string? Draft)
    {
        public OwnSettings ToSettings() => new(MutedUntil is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null)
        {
            IsPinned = Pinned == 1,
            UnreadBelow = new SeqNo(UnreadBelow ?? 0),
            Draft = Draft is "" ? null : Draft,
        };
    }
}
