using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Presence.Moving;

/// <summary>When users were last seen, each time written with itself as the timestamp, as the cluster's store does it.</summary>
internal sealed class MovedLastSeen(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "last-seen times";

    public override string Table => "presence_last_seen";

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "seen_at"];

    public override IReadOnlyList<string> Sources { get; } = ["presence_last_seen"];

    protected override string Sql => "SELECT user, seen_at FROM presence_last_seen WHERE user > $k0 ORDER BY user LIMIT $limit";

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), Time(row, 1)]) { Timestamp = row.GetInt64(1) * 1_000 };
}
