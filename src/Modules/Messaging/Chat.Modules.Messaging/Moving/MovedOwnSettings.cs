using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Messaging.Moving;

/// <summary>What users have set for their conversations.</summary>
internal sealed class MovedOwnSettings(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "own settings of conversations";

    public override string Table => "messaging_own_settings";

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "conversation_id", "muted_until"];

    public override IReadOnlyList<string> Sources { get; } = ["messaging_own_settings"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, conversation_id, muted_until FROM messaging_own_settings
        WHERE (user_id, conversation_id) > ($k0, $k1) ORDER BY user_id, conversation_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), row.GetString(1), TimeOrNull(row, 2)]);
}
