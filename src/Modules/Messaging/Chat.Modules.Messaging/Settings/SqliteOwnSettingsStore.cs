using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Messaging.Contracts;
using Dapper;

namespace Chat.Modules.Messaging.Settings;

/// <summary>Table <c>messaging_own_settings</c> (migrations/0001-own-settings.sql).</summary>
internal sealed class SqliteOwnSettingsStore(SqliteDatabase database) : IOwnSettingsStore
{
    public TimeSpan MaxAge => Timeout.InfiniteTimeSpan;

    public Task<IReadOnlyDictionary<ConversationId, OwnSettings>> ReadAsync(
        UserId user, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<ConversationId, OwnSettings>>(database.Read(reader => reader
            .Query<(string Conversation, long? MutedUntil)>(
                """
                SELECT conversation_id, muted_until FROM json_each($conversations)
                CROSS JOIN messaging_own_settings ON user_id = $user AND conversation_id = value
                """,
                new { user = user.Value, conversations = JsonSerializer.Serialize(conversations) })
            .ToDictionary(row => ConversationId.Parse(row.Conversation), row => new OwnSettings(Time(row.MutedUntil)))));

    public Task SaveAsync(UserId user, ConversationId conversation, OwnSettingsChange change, CancellationToken ct) => database.WriteAsync(
        connection => connection.Execute(
            """
            INSERT INTO messaging_own_settings (user_id, conversation_id, muted_until) VALUES ($user, $conversation, $mutedUntil)
            ON CONFLICT DO UPDATE SET muted_until = coalesce(excluded.muted_until, muted_until)
            """,
            new { user = user.Value, conversation = conversation.Value, mutedUntil = change.MutedUntil?.ToUnixTimeMilliseconds() }),
        ct);

    private static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
}
