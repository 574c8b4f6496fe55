using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Messaging.Contracts;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.Modules.Delivery.Cursors;

/// <summary>Tables <c>delivery_cursors</c>, <c>delivery_devices</c> and <c>delivery_drained</c> (migrations/).</summary>
internal sealed class SqliteCursorStore(SqliteDatabase database, TimeProvider clock) : ICursorStore, ILogPositions
{
    // Up to so many cursors are read by key; for more, all of the device are read.
    private const int MaxAsked = 256;

    private const string UpsertCursor =
        """
        INSERT INTO delivery_cursors (user_id, device_id, conversation_id, delivered, read)
        VALUES ($user, $device, $conversation, $delivered, $read)
        ON CONFLICT DO UPDATE SET delivered = max(delivered, excluded.delivered), read = max(read, excluded.read)
        """;

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
        DELETE FROM delivery_drained WHERE user_id = $user AND device_id = $device;
        """, new { user = device.User.Value, device = device.Device.Value }), ct);

    public ValueTask<FeedPosition?> ReadDrainedAsync(DeviceAddress device, CancellationToken ct)
    {
        var row = database.Read(reader => reader.QuerySingleOrDefault<(string? Epoch, long Position)>(
            """
            SELECT epoch, position FROM delivery_drained JOIN delivery_devices USING (user_id, device_id, first_seen)
            WHERE user_id = $user AND device_id = $device
            """, new { user = device.User.Value, device = device.Device.Value }));
        return ValueTask.FromResult<FeedPosition?>(row.Epoch is { } epoch ? new FeedPosition(epoch, row.Position) : null);
    }

    public Task SaveDrainedAsync(DeviceAddress device, FeedPosition position, CancellationToken ct) => database.WriteAsync(connection => connection.Execute(
        """
        INSERT OR REPLACE INTO delivery_drained (user_id, device_id, first_seen, epoch, position)
        SELECT user_id, device_id, first_seen, $epoch, $position FROM delivery_devices WHERE user_id = $user AND device_id = $device
        """, new { user = device.User.Value, device = device.Device.Value, epoch = position.Epoch, position = position.Value }), ct);

    public ValueTask<CursorValue> ReadAsync(CursorKey key, CancellationToken ct)
    {
        var row = database.Read(reader => reader.QuerySingleOrDefault<(long Delivered, long Read)>(
            "SELECT delivered, read FROM delivery_cursors WHERE user_id = $user AND device_id = $device AND conversation_id = $conversation",
            new { user = key.User.Value, device = key.Device?.Value ?? "", conversation = key.Conversation.Value }));
        return ValueTask.FromResult(new CursorValue(new SeqNo(row.Delivered), new SeqNo(row.Read)));
    }

    public ValueTask<IReadOnlyDictionary<UserId, CursorValue>> ReadUsersAsync(
        ConversationId conversation, IReadOnlyCollection<UserId> users, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyDictionary<UserId, CursorValue>>(database.Read(reader => reader
            .Query<(string User, long Delivered, long Read)>(
                """
                SELECT user_id, delivered, read FROM json_each($users)
                CROSS JOIN delivery_cursors ON user_id = value AND device_id = '' AND conversation_id = $conversation
                """,
                new { users = JsonSerializer.Serialize(users), conversation = conversation.Value })
            .ToDictionary(row => UserId.Parse(row.User), row => new CursorValue(new SeqNo(row.Delivered), new SeqNo(row.Read)))));

    public ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAllAsync(UserId user, DeviceId? device, CancellationToken ct)
    {
        var rows = database.Read(reader => reader.Query<(string Conversation, long Delivered, long Read)>(
            "SELECT conversation_id, delivered, read FROM delivery_cursors WHERE user_id = $user AND device_id = $device",
            new { user = user.Value, device = device?.Value ?? "" }).AsList());
        return ValueTask.FromResult<IReadOnlyDictionary<ConversationId, CursorValue>>(ToCursors(rows));
    }

    public ValueTask<IReadOnlyDictionary<ConversationId, CursorValue>> ReadAsync(
        UserId user, DeviceId? device, IReadOnlyCollection<ConversationId> conversations, CancellationToken ct)
    {
        if (conversations.Count > MaxAsked)
            return ReadAllAsync(user, device, ct);
        var rows = database.Read(reader => reader.Query<(string Conversation, long Delivered, long Read)>(
            """
            SELECT conversation_id, delivered, read FROM delivery_cursors
            WHERE user_id = $user AND device_id = $device AND conversation_id IN $conversations
            """,
            new { user = user.Value, device = device?.Value ?? "", conversations = conversations.Select(conversation => conversation.Value) }).AsList());
        return ValueTask.FromResult<IReadOnlyDictionary<ConversationId, CursorValue>>(ToCursors(rows));
    }

    public async Task<IReadOnlyDictionary<CursorKey, Exception>> SaveAsync(
        IReadOnlyCollection<KeyValuePair<CursorKey, CursorValue>> cursors, CancellationToken ct)
    {
        // All are saved, or it throws.
        await database.WriteAsync(connection => Upsert(connection, cursors), ct);
        return new Dictionary<CursorKey, Exception>();
    }

    public IReadOnlyDictionary<ConversationId, SeqNo> ReadHighest() => database.Read(reader => reader
        .Query<(string Conversation, long Place)>("SELECT conversation_id, max(max(delivered, read)) FROM delivery_cursors GROUP BY conversation_id")
        .ToDictionary(row => ConversationId.Parse(row.Conversation), row => new SeqNo(row.Place)));

    public Task ClampAsync(IReadOnlyDictionary<ConversationId, SeqNo> heads, CancellationToken ct) => database.MaintainAsync(connection => connection.Execute(
        "UPDATE delivery_cursors SET delivered = min(delivered, $head), read = min(read, $head) WHERE conversation_id = $conversation",
        heads.Select(head => new { conversation = head.Key.Value, head = head.Value.Value })), ct);

    private static Dictionary<ConversationId, CursorValue> ToCursors(IEnumerable<(string Conversation, long Delivered, long Read)> rows) =>
        rows.ToDictionary(row => ConversationId.Parse(row.Conversation), row => new CursorValue(new SeqNo(row.Delivered), new SeqNo(row.Read)));

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
