using System.Text.Json;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

/// <summary>Table <c>delivery_push_subscriptions</c> (migrations/).</summary>
internal sealed class SqliteSubscriptionStore(SqliteDatabase database) : ISubscriptionStore
{
    private const string Columns =
        """
        user_id AS User, device_id AS Device, subscription_id AS Id, kind AS Kind, address AS Address, p256dh AS P256dh, auth AS Auth, topic AS Topic,
        sandbox AS Sandbox, content AS Content, created_ms AS CreatedMs
        """;

    public async Task<IReadOnlyList<UserId>> PutAsync(PushSubscription subscription, int maxPerUser, CancellationToken ct)
    {
        var row = Row.Of(subscription);
        return await database.WriteAsync(connection =>
        {
            var ended = connection.Query<string>(
                """
                DELETE FROM delivery_push_subscriptions
                WHERE kind = $Kind AND address = $Address AND (user_id, device_id) <> ($User, $Device) RETURNING user_id
                """, row).AsList();
            connection.Execute(
                """
                INSERT OR REPLACE INTO delivery_push_subscriptions
                VALUES ($User, $Device, $Id, $Kind, $Address, $P256dh, $Auth, $Topic, $Sandbox, $Content, $CreatedMs)
                """, row);
            ended.AddRange(connection.Query<string>(
                """
                DELETE FROM delivery_push_subscriptions WHERE (user_id, device_id) IN (
                    SELECT user_id, device_id FROM delivery_push_subscriptions WHERE user_id = $user AND device_id <> $device
                    ORDER BY created_ms DESC, device_id LIMIT -1 OFFSET $others) RETURNING user_id
                """, new { user = row.User, device = row.Device, others = maxPerUser - 1 }));
            return ended.Distinct().Select(user => UserId.Parse(user)).ToList();
        }, ct);
    }

    public async Task<bool> RemoveAsync(DeviceAddress device, Guid? id, CancellationToken ct) => await database.WriteAsync(connection => connection.Execute(
        "DELETE FROM delivery_push_subscriptions WHERE user_id = $user AND device_id = $device AND ($id IS NULL OR subscription_id = $id)",
        new { user = device.User.Value, device = device.Device.Value, id = id?.ToString() }), ct) > 0;

    public ValueTask<PushSubscription?> FindAsync(DeviceAddress device, CancellationToken ct) => ValueTask.FromResult(database.Read(reader => reader
        .QuerySingleOrDefault<Row>(
            $"SELECT {Columns} FROM delivery_push_subscriptions WHERE user_id = $user AND device_id = $device",
            new { user = device.User.Value, device = device.Device.Value }))?.ToSubscription());

    public ValueTask<IReadOnlyList<PushSubscription>> ReadAsync(IReadOnlyCollection<UserId> users, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<PushSubscription>>(database.Read(reader => reader
            .Query<Row>(
                $"SELECT {Columns} FROM json_each($users) CROSS JOIN delivery_push_subscriptions ON user_id = value",
                new { users = JsonSerializer.Serialize(users) })
            .Select(row => row.ToSubscription()).ToList()));

    private sealed record Row
    {
        public required string User { get; init; }

        public required string Device { get; init; }

        public required string Id { get; init; }

        public required long Kind { get; init; }

        public required string Address { get; init; }

        public string? P256dh { get; init; }

        public string? Auth { get; init; }

        public string? Topic { get; init; }

        public required long Sandbox { get; init; }

        public required long Content { get; init; }

        public required long CreatedMs { get; init; }

        public static Row Of(PushSubscription subscription) => new()
        {
            User = subscription.Device.User.Value,
            Device = subscription.Device.Device.Value,
            Id = subscription.Id.ToString(),
            Kind = (long)subscription.Kind,
            Address = subscription.Address,
            P256dh = subscription.P256dh,
            Auth = subscription.Auth,
            Topic = subscription.Topic,
            Sandbox = subscription.Sandbox ? 1 : 0,
            Content = (long)subscription.Content,
            CreatedMs = subscription.CreatedAt.ToUnixTimeMilliseconds(),
        };

        public PushSubscription ToSubscription() => new(
            new DeviceAddress(UserId.Parse(User), DeviceId.Parse(Device)), (PushKind)Kind, Address, P256dh, Auth, Topic, Sandbox != 0, (PushContent)Content,
            DateTimeOffset.FromUnixTimeMilliseconds(CreatedMs), Guid.Parse(Id));
    }
}
