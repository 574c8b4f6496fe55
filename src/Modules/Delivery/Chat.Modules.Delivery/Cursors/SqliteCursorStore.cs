using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Messaging.Contracts;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>Tables <c>delivery_cursors</c> and <c>delivery_devices</c> (migrations/0001-cursors.sql).</summary>
internal sealed class SqliteCursorStore(SqliteDatabase database, TimeProvider clock) : ICursorStore, IFollowsLog
{
    private const string UpsertCursor =
        """
        INSERT INTO delivery_cursors (user_id, device_id, conversation_id, delivered, read)
        VALUES ($user, $device, $conversation, $delivered, $read)
        ON CONFLICT DO UPDATE SET delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)
        """;

    public bool IsShared => false;

    public ValueTask<DeviceStanding> GetStandingAsync(DeviceAddress device, CancellationToken ct)
    {
        var devices = database.Read(reader => reader.Query<string>(
            "SELECT device_id FROM delivery_devices WHERE user_id = $user", new { user = device.User.Value }).AsList());
        return ValueTask.FromResult(
            devices.Contains(device.Device.Value) ? DeviceStanding.Known : devices.Count == 0 ? DeviceStanding.First : DeviceStanding.Later);
    }

    public Task AddDeviceAsync(DeviceAddress device, IReadOnlyDictionary<ConversationId, SeqNo> starts, CancellationToken ct)
    {
        var firstSeen = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return database.WriteAsync(connection =>
        {
            connection.Execute(
                "INSERT OR IGNORE INTO delivery_devices VALUES ($user, $device, $firstSeen)",
                new { user = device.User.Value, device = device.Device.Value, firstSeen });
            Upsert(connection, starts.Select(start => KeyValuePair.Create(
                new CursorKey(device.User, device.Device, start.Key), new CursorValue(start.Value, SeqNo.None))));
        }, ct);
    }

    public Task RemoveDeviceAsync(DeviceAddress device, CancellationToken ct) => database.WriteAsync(connection => connection.Execute(
        """
        DELETE FROM delivery_devices WHERE user_id = $user AND device_id = $device;
        DELETE FROM delivery_cursors WHERE user_id = $user AND device_id = $device;
        """, new { user = device.User.Value, device = device.Device.Value }), ct);

    public ValueTask<CursorValue> ReadAsync(CursorKey key, CancellationToken ct)
    {
        var row = database.Read(reader => reader.QuerySingleOrDefault<(long Delivered, long Read)>(
            "SELECT delivered, read FROM delivery_cursors WHERE user_id = $user AND device_id = $device AND conversation_id = $conversation",
            new { user = key.User.Value, device = key.Device?.Value ?? "", conversation = key.Conversation.Value }));
        return ValueTask.FromResult(new CursorValue(new SeqNo(row.Delivered), new SeqNo(row.Read)));
    }

    public ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAllAsync(UserId user, DeviceId? device, CancellationToken ct)
    {
        var rows = database.Read(reader => reader.Query<(string Conversation, long Delivered, long Read)>(
            "SELECT conversation_id, delivered, read FROM delivery_cursors WHERE user_id = $user AND device_id = $device",
            new { user = user.Value, device = device?.Value ?? "" }).AsList());
        return ValueTask.FromResult<IReadOnlyDictionary<ConversationId, CursorValue>>(rows.ToDictionary(
            row => ConversationId.Parse(row.Conversation), row => new CursorValue(new SeqNo(row.Delivered), new SeqNo(row.Read))));
    }

    public async Task<IReadOnlyDictionary<CursorKey, Exception>> SaveAsync(
        IReadOnlyCollection<KeyValuePair<CursorKey, CursorValue>> cursors, CancellationToken ct)
    {
        // All or none: then it throws.
        await database.WriteAsync(connection => Upsert(connection, cursors), ct);
        return new Dictionary<CursorKey, Exception>();
    }

    public IReadOnlyDictionary<ConversationId, SeqNo> ReadHighest() => database.Read(reader => reader
        .Query<(string Conversation, long Place)>("SELECT conversation_id, max(max(delivered, read)) FROM delivery_cursors GROUP BY conversation_id")
        .ToDictionary(row => ConversationId.Parse(row.Conversation), row => new SeqNo(row.Place)));

    public Task ClampAsync(IReadOnlyDictionary<ConversationId, SeqNo> heads, CancellationToken ct) => database.MaintainAsync(connection => connection.Execute(
        "UPDATE delivery_cursors SET delivered = min(delivered, $head), read = min(read, $head) WHERE conversation_id = $conversation",
        heads.Select(head => new { conversation = head.Key.Value, head = head.Value.Value })), ct);

    private static void Upsert(SqliteConnection connection, IEnumerable<KeyValuePair<CursorKey, CursorValue>> cursors) =>
        connection.Execute(UpsertCursor, cursors.Select(cursor => new
        {
            user = cursor.Key.User.Value,
            device = cursor.Key.Device?.Value ?? "",
            conversation = cursor.Key.Conversation.Value,
            delivered = cursor.Value.Delivered.Value,
            read = cursor.Value.Read.Value,
        }));
}
