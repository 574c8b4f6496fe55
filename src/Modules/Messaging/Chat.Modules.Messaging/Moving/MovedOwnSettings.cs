using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Messaging.Moving;

/// <summary>What users have set for their conversations.</summary>
internal sealed class MovedOwnSettings(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "own settings of conversations";

    public override string Table => "messaging_own_settings";

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "conversation_id", "muted_until", "pinned", "unread_below", "draft"];

    public override IReadOnlyList<string> Sources { get; } = ["messaging_own_settings"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, conversation_id, muted_until, pinned, unread_below, draft FROM messaging_own_settings
        WHERE (user_id, conversation_id) > ($k0, $k1) ORDER BY user_id, conversation_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), row.GetString(1), TimeOrNull(row, 2), row.IsDBNull(3) ? null : row.GetBoolean(3), NumberOrNull(row, 4), TextOrNull(row, 5)]);
}

/// <summary>What users have archived and cleared.</summary>
internal sealed class MovedHidden(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "archived and cleared conversations";

    public override string Table => "messaging_hidden";

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "conversation_id", "archived_below", "cleared_up_to"];

    public override IReadOnlyList<string> Sources { get; } = ["messaging_own_settings"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, conversation_id, archived_below, cleared_up_to FROM messaging_own_settings
        WHERE (user_id, conversation_id) > ($k0, $k1) AND (archived_below > 0 OR cleared_up_to > 0) ORDER BY user_id, conversation_id LIMIT $limit
        """;

    // What was cleared is its own timestamp: what a server clears later counts if it is higher. What was archived has a server's time later.
    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), row.GetString(1), NumberOrNull(row, 2), NumberOrNull(row, 3)]) { Timestamp = Math.Max(1, NumberOrNull(row, 3) ?? 0) };
}
