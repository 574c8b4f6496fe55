using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;

namespace Chat.Modules.Delivery.Notifications.Notified;

/// <summary>Table <c>delivery_push_notified</c> (migrations/).</summary>
internal sealed class SqliteNotifiedStore(SqliteDatabase database) : INotifiedStore
{
    public ValueTask<NotifiedPlace> ReadAsync(DeviceAddress device, ConversationId conversation, CancellationToken ct)
    {
        var row = database.Read(reader => reader.QuerySingleOrDefault<(long Notified, long Withdrawn)>(
            "SELECT notified, withdrawn FROM delivery_push_notified WHERE user_id = $user AND device_id = $device AND conversation_id = $conversation",
            new { user = device.User.Value, device = device.Device.Value, conversation = conversation.Value }));
        return ValueTask.FromResult(new NotifiedPlace(new SeqNo(row.Notified), new SeqNo(row.Withdrawn)));
    }

    public Task SaveAsync(DeviceAddress device, ConversationId conversation, NotifiedPlace place, CancellationToken ct) =>
        database.WriteAsync(connection => connection.Execute(
            """
            INSERT INTO delivery_push_notified VALUES ($user, $device, $conversation, $notified, $withdrawn)
            ON CONFLICT DO UPDATE SET notified = max(notified, excluded.notified), withdrawn = max(withdrawn, excluded.withdrawn)
            """,
            new
            {
                user = device.User.Value, device = device.Device.Value, conversation = conversation.Value, notified = place.UpTo.Value,
                withdrawn = place.Withdrawn.Value,
            }), ct);

    public Task RemoveAsync(DeviceAddress device, CancellationToken ct) => database.WriteAsync(connection => connection.Execute(
        "DELETE FROM delivery_push_notified WHERE user_id = $user AND device_id = $device",
        new { user = device.User.Value, device = device.Device.Value }), ct);
}
