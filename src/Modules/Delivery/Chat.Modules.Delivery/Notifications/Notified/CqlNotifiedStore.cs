using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Cql;

namespace Chat.Modules.Delivery.Notifications.Notified;

/// <summary>Table <c>delivery_push_notified</c> (cql/). Who saves a place has read the one before, and nobody else saves one of the device meanwhile; if two did, a notification would come twice.</summary>
internal sealed class CqlNotifiedStore(ICqlSession session) : INotifiedStore
{
    /// <summary><see cref="INotifiedStore.Life"/> in seconds.</summary>
    public static readonly int Life = (int)INotifiedStore.Life.TotalSeconds;

    public async ValueTask<NotifiedPlace> ReadAsync(DeviceAddress device, ConversationId conversation, CancellationToken ct)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement(
                "SELECT notified, withdrawn FROM delivery_push_notified WHERE user_id = ? AND device_id = ? AND conversation_id = ?",
                device.User.Value, device.Device.Value, conversation.Value), ct);
        return found.Rows is [var row] ? new NotifiedPlace(new SeqNo(row.Get<long>(0)), new SeqNo(row.Get<long>(1))) : default;
    }

    public async Task SaveAsync(DeviceAddress device, ConversationId conversation, NotifiedPlace place, CancellationToken ct)
    {
        var before = await ReadAsync(device, conversation, ct);
        await session.ExecuteAsync(
            new CqlStatement(
                $"INSERT INTO delivery_push_notified (user_id, device_id, conversation_id, notified, withdrawn) VALUES (?, ?, ?, ?, ?) USING TTL {Life}",
                device.User.Value, device.Device.Value, conversation.Value, SeqNo.Max(place.UpTo, before.UpTo).Value,
                SeqNo.Max(place.Withdrawn, before.Withdrawn).Value),
            ct);
    }

    public Task<IReadOnlyList<ShownPlace>> ReadShownAsync(DateTimeOffset since, ShownPlace? after, int limit, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<ShownPlace>>([]);

    public Task RemoveAsync(DeviceAddress device, CancellationToken ct) => session.ExecuteAsync(
        new CqlStatement("DELETE FROM delivery_push_notified WHERE user_id = ? AND device_id = ?", device.User.Value, device.Device.Value), ct);
}
