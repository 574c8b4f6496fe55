using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;

namespace Chat.Modules.Delivery.Notifications.Notified;

/// <summary>Table <c>delivery_push_notified</c> (migrations/). Each place that is saved deletes a few that are too old, so that none has many to delete.</summary>
internal sealed class SqliteNotifiedStore(SqliteDatabase database, TimeProvider clock) : INotifiedStore
{
    private const int DeletedAtOnce = 4;

    public ValueTask<NotifiedPlace> ReadAsync(DeviceAddress device, ConversationId conversation, CancellationToken ct)
    {
        var row = database.Read(reader => reader.QuerySingleOrDefault<(long Notified, long Withdrawn)>(
            "SELECT notified, withdrawn FROM delivery_push_notified WHERE user_id = $user AND device_id = $device AND conversation_id = $conversation",
            new { user = device.User.Value, device = device.Device.Value, conversation = conversation.Value }));
        return ValueTask.FromResult(new NotifiedPlace(new SeqNo(row.Notified), new SeqNo(row.Withdrawn)));
    }

    public Task SaveAsync(DeviceAddress device, ConversationId conversation, NotifiedPlace place, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return database.WriteAsync(connection =>
        {
            connection.Execute(
                """
                INSERT INTO delivery_push_notified (user_id, device_id, conversation_id, notified, withdrawn, saved_ms)
                VALUES ($user, $device, $conversation, $notified, $withdrawn, $now)
                ON CONFLICT DO UPDATE SET
                    notified = max(notified, excluded.notified), withdrawn = max(withdrawn, excluded.withdrawn), saved_ms = excluded.saved_ms
                """,
                new
                {
                    user = device.User.Value, device = device.Device.Value, conversation = conversation.Value, notified = place.UpTo.Value,
                    withdrawn = place.Withdrawn.Value, now = now.ToUnixTimeMilliseconds(),
                });
            connection.Execute(
                """
                DELETE FROM delivery_push_notified WHERE (user_id, device_id, conversation_id) IN (
                    SELECT user_id, device_id, conversation_id FROM delivery_push_notified WHERE saved_ms < $oldest ORDER BY saved_ms LIMIT $limit)
                """, new { oldest = (now - INotifiedStore.Life).ToUnixTimeMilliseconds(), limit = DeletedAtOnce });
        }, ct);
    }

    public Task<IReadOnlyList<ShownPlace>> ReadShownAsync(DateTimeOffset since, ShownPlace? after, int limit, CancellationToken ct)
    {
        var rows = database.Read(reader => reader.Query<(long SavedAt, string User, string Device, string Conversation, long Notified, long Withdrawn)>(
            """
            SELECT saved_ms, user_id, device_id, conversation_id, notified, withdrawn FROM delivery_push_notified
            WHERE (saved_ms, user_id, device_id, conversation_id) > ($since, $user, $device, $conversation) AND notified > withdrawn
            ORDER BY saved_ms, user_id, device_id, conversation_id LIMIT $limit
            """,
            new
            {
                since = (after?.SavedAt ?? since).ToUnixTimeMilliseconds(), user = after?.Device.User.Value ?? "", device = after?.Device.Device.Value ?? "",
                conversation = after?.Conversation.Value ?? "", limit,
            }).AsList());
        return Task.FromResult<IReadOnlyList<ShownPlace>>(rows.ConvertAll(row => new ShownPlace(
            DateTimeOffset.FromUnixTimeMilliseconds(row.SavedAt), new DeviceAddress(UserId.Parse(row.User), DeviceId.Parse(row.Device)),
            ConversationId.Parse(row.Conversation), new NotifiedPlace(new SeqNo(row.Notified), new SeqNo(row.Withdrawn)))));
    }

    public Task RemoveAsync(DeviceAddress device, CancellationToken ct) => database.WriteAsync(connection => connection.Execute(
        "DELETE FROM delivery_push_notified WHERE user_id = $user AND device_id = $device",
        new { user = device.User.Value, device = device.Device.Value }), ct);
}
