using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Subscriptions;

namespace Chat.Modules.Delivery.Moving;

/// <summary>Where devices get their push notifications, written with the time at which they were put, as the cluster's store does it.</summary>
internal sealed class MovedSubscriptions(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "subscriptions to push notifications";

    public override string Table => "delivery_push_subscriptions";

    public override IReadOnlyList<string> Columns { get; } =
        ["user_id", "device_id", "subscription_id", "kind", "address", "p256dh", "auth", "topic", "sandbox", "content", "created_at"];

    public override IReadOnlyList<string> Sources { get; } = ["delivery_push_subscriptions"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, device_id, subscription_id, kind, address, p256dh, auth, topic, sandbox, content, created_ms FROM delivery_push_subscriptions
        WHERE (user_id, device_id) > ($k0, $k1) ORDER BY user_id, device_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) => new(
        position,
        [
            row.GetString(0), row.GetString(1), Guid.Parse(row.GetString(2)), row.GetInt32(3), row.GetString(4), TextOrNull(row, 5), TextOrNull(row, 6),
            TextOrNull(row, 7), row.GetInt64(8) != 0, row.GetInt32(9), Time(row, 10),
        ])
    { Timestamp = row.GetInt64(10) * 1_000 };
}

/// <summary>The devices by their addresses.</summary>
internal sealed class MovedAddresses(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "addresses of push notifications";

    public override string Table => "delivery_push_addresses";

    public override IReadOnlyList<string> Columns { get; } = ["address_hash", "user_id", "device_id"];

    public override IReadOnlyList<string> Sources { get; } = ["delivery_push_subscriptions"];

    // They expire.
    public override bool IsCompared => false;

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, device_id, kind, address FROM delivery_push_subscriptions
        WHERE (user_id, device_id) > ($k0, $k1) ORDER BY user_id, device_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [CqlSubscriptionStore.HashOf((PushKind)row.GetInt32(2), row.GetString(3)), row.GetString(0), row.GetString(1)])
        {
            Ttl = CqlSubscriptionStore.AddressLife,
        };
}
