using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Delivery.Notifications.Notified;

namespace Chat.Modules.Delivery.Moving;

/// <summary>
/// Up to where devices were notified. What is due (<c>delivery_push_queue</c>, <c>delivery_push_due</c>) is not copied: the cluster's servers look again at what had messages lately, in their
/// feed. Nor are the notifications that were given up (<c>delivery_push_dead</c>).
/// </summary>
internal sealed class MovedNotified(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "what devices were notified of";

    public override string Table => "delivery_push_notified";

    public override int PartitionColumns => 2;

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "device_id", "conversation_id", "notified", "withdrawn"];

    public override IReadOnlyList<string> Sources { get; } = ["delivery_push_notified", "delivery_push_queue", "delivery_push_due", "delivery_push_dead"];

    // They expire.
    public override bool IsCompared => false;

    protected override int Keys => 3;

    protected override string Sql =>
        """
        SELECT user_id, device_id, conversation_id, notified, withdrawn FROM delivery_push_notified
        WHERE (user_id, device_id, conversation_id) > ($k0, $k1, $k2) ORDER BY user_id, device_id, conversation_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4)]) { Ttl = CqlNotifiedStore.Life };
}
