using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Delivery.Moving;

/// <summary>How far devices and users have got: each seqNo is written with itself as the timestamp, as the cluster's store does it.</summary>
internal abstract class MovedCursors(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Table => "delivery_cursors";

    public override int PartitionColumns => 3;

    public override IReadOnlyList<string> Columns => ["user_id", "device_id", "generation", "conversation_id", Column];

    public override IReadOnlyList<string> Sources { get; } = ["delivery_cursors"];

    protected abstract string Column { get; }

    protected override int Keys => 3;

    protected override string Sql =>
        $"""
        SELECT user_id, device_id, conversation_id, {Column} FROM delivery_cursors
        WHERE (user_id, device_id, conversation_id) > ($k0, $k1, $k2) AND {Column} > 0 ORDER BY user_id, device_id, conversation_id LIMIT $limit
        """;

    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => values[4] is not null;

    // No device was removed and came again: all are of the first generation.
    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), row.GetString(1), Guid.Empty, row.GetString(2), row.GetInt64(3)]) { Timestamp = row.GetInt64(3) };
}

internal sealed class MovedDelivered(SqliteDatabase database) : MovedCursors(database)
{
    public override string Name => "cursors of what was delivered";

    protected override string Column => "delivered";
}

internal sealed class MovedRead(SqliteDatabase database) : MovedCursors(database)
{
    public override string Name => "cursors of what was read";

    protected override string Column => "read";
}

/// <summary>
/// The devices that have connected. Up to where each has everything (<c>delivery_drained</c>) is not copied: it is a position of the embedded log's feed. So each
/// device's next connect looks at all of its conversations.
/// </summary>
internal sealed class MovedConnectedDevices(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "devices that have connected";

    public override string Table => "delivery_devices";

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "device_id", "is_known", "first_seen"];

    public override IReadOnlyList<string> Sources { get; } = ["delivery_devices", "delivery_drained"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, device_id, first_seen FROM delivery_devices
        WHERE (user_id, device_id) > ($k0, $k1) ORDER BY user_id, device_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) => new(position, [row.GetString(0), row.GetString(1), true, Time(row, 2)]);
}
