using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Identity.Moving;

/// <summary>The accounts.</summary>
internal sealed class MovedAccounts(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "accounts";

    public override string Table => "identity_accounts";

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "password_hash", "created_at"];

    public override IReadOnlyList<string> Sources { get; } = ["identity_accounts"];

    protected override string Sql =>
        "SELECT user_id, password_hash, created_ms FROM identity_accounts WHERE user_id > $k0 ORDER BY user_id LIMIT $limit";

    protected override MovedRow ToRow(string position, DbDataReader row) => new(position, [row.GetString(0), row.GetString(1), Time(row, 2)]);
}

/// <summary>
/// Whose each id is, with all that look alike: of accounts from before that was checked, the first by id. And the row that says that all accounts are in here.
/// </summary>
internal sealed class MovedAccountNames(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "account names";

    public override string Table => "identity_account_names";

    public override IReadOnlyList<string> Columns { get; } = ["folded", "user_id", "claimed_at"];

    public override IReadOnlyList<string> Sources { get; } = ["identity_accounts"];

    // The index is by the folded id.
    protected override string Sql =>
        """
        SELECT '.' AS folded, '.', 0 WHERE '.' > $k0
        UNION ALL SELECT folded, user_id, claimed_ms FROM (
          SELECT lower(rtrim(user_id, '.')) AS folded, min(user_id) AS user_id, min(created_ms) AS claimed_ms
          FROM identity_accounts WHERE lower(rtrim(user_id, '.')) > $k0 GROUP BY lower(rtrim(user_id, '.')) ORDER BY 1 LIMIT $limit)
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) => new(position, [row.GetString(0), row.GetString(1), Time(row, 2)]);
}
