using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Media.Moving;

internal sealed class MovedDue(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "due media";

    public override string Table => "media_due";

    public override IReadOnlyList<string> Columns { get; } = ["hour", "due_at", "kind", "id"];

    public override IReadOnlyList<string> Sources { get; } = ["media_due"];

    protected override int Keys => 3;

    protected override string Sql =>
        """
        SELECT printf('%020d', due_ms), kind, id, due_ms FROM media_due
        WHERE (due_ms, kind, id) > (CAST($k0 AS INTEGER), $k1, $k2) ORDER BY due_ms, kind, id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [(int)(row.GetInt64(3) / 3_600_000), Time(row, 3), row.GetString(1), row.GetString(2)]);
}

/// <summary>Where the cluster begins to look for what is due.</summary>
internal sealed class MovedDueFrom(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "first hour of due media";

    public override string Table => "media_due_from";

    public override IReadOnlyList<string> Columns { get; } = ["part", "hour"];

    public override IReadOnlyList<string> Sources { get; } = ["media_due"];

    protected override string Sql => "SELECT '0', due_ms FROM media_due WHERE '0' > $k0 ORDER BY due_ms LIMIT min(1, $limit)";

    protected override MovedRow ToRow(string position, DbDataReader row) => new(position, [0, (int)(row.GetInt64(1) / 3_600_000)]);
}
