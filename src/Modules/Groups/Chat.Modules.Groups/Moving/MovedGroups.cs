using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Modules.Groups.Domain;
using Chat.Modules.Groups.Store;

namespace Chat.Modules.Groups.Moving;

/// <summary>The groups' own rows, which have the ordinal 0.</summary>
internal sealed class MovedGroups(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "groups";

    public override string Table => "groups_groups";

    public override IReadOnlyList<string> Columns { get; } = ["group_id", "ordinal", "title", "history", "created_at", "version", "member_count", "notices"];

    public override IReadOnlyList<string> Sources { get; } = ["groups_groups"];

    protected override string Sql =>
        """
        SELECT group_id, title, history, created_at, version, member_count,
            (SELECT json_group_array(json(notices)) FROM (SELECT notices FROM groups_notices AS n WHERE n.group_id = g.group_id ORDER BY version) HAVING count(*) > 0)
        FROM groups_groups AS g WHERE group_id > $k0 ORDER BY group_id LIMIT $limit
        """;

    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => values[1] is 0L;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), 0L, row.GetString(1), row.GetInt32(2), Time(row, 3), row.GetInt64(4), row.GetInt32(5), TextOrNull(row, 6)]);
}

/// <summary>Where notices are pending; the notices themselves are in the groups' own rows.</summary>
internal sealed class MovedNotices(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "group notices";

    public override string Table => "groups_pending";

    public override IReadOnlyList<string> Columns { get; } = ["part", "group_id", "change", "begun_at"];

    public override IReadOnlyList<string> Sources { get; } = ["groups_notices"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT group_id, printf('%020d', version), notices FROM groups_notices
        WHERE (group_id, version) > ($k0, CAST($k1 AS INTEGER)) ORDER BY group_id, version LIMIT $limit
        """;

    // Long ago, so that the first server that looks appends them.
    protected override MovedRow ToRow(string position, DbDataReader row) => new(
        position, [CqlPendingNotices.PartOf(row.GetString(0)), row.GetString(0), NoticeJson.Decode(row.GetString(2)).Change, DateTimeOffset.UnixEpoch]);
}

/// <summary>The groups' members.</summary>
internal sealed class MovedMembers(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "group members";

    public override string Table => "groups_groups";

    public override IReadOnlyList<string> Columns { get; } = ["group_id", "ordinal", "user_id", "role", "joined_at", "visible_after", "entry"];

    public override IReadOnlyList<string> Sources { get; } = ["groups_members"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT group_id, printf('%020d', ordinal), user_id, role, joined_at, visible_after, joining, ordinal FROM groups_members
        WHERE (group_id, ordinal) > ($k0, CAST($k1 AS INTEGER)) ORDER BY group_id, ordinal LIMIT $limit
        """;

    public override bool Compares(IReadOnlyList<object?> values, DateTimeOffset now) => values[1] is not 0L;

    protected override MovedRow ToRow(string position, DbDataReader row) => new(
        position,
        [
            row.GetString(0), row.GetInt64(7), row.GetString(2), row.GetInt32(3), row.GetInt64(4), row.GetInt64(5),
            EntryOf(row.GetString(0), row.GetInt64(7), (Joining)row.GetInt32(6)),
        ]);

    /// <summary>The entry of a membership: always the same one.</summary>
    public static Guid EntryOf(string group, long ordinal, Joining joining)
    {
        Span<byte> id = stackalloc byte[16];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{group} {ordinal}")).AsSpan(0, 16).CopyTo(id);
        // A UUID of version 7 by its form, as those of the cluster's store are.
        id[6] = (byte)(0x70 | (id[6] & 0x0f));
        id[8] = (byte)(0x80 | (id[8] & 0x3f));
        return EntryId.Of(new Guid(id, bigEndian: true), joining);
    }
}

/// <summary>Each user's list of its groups.</summary>
internal sealed class MovedEntries(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "group entries";

    public override string Table => "groups_entries";

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "group_id", "entry", "ordinal", "version", "begun_at"];

    // groups_users are the numbers of these.
    public override IReadOnlyList<string> Sources { get; } = ["groups_members", "groups_users"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, group_id, ordinal, joining, version, created_at FROM groups_members JOIN groups_groups USING (group_id)
        WHERE (user_id, group_id) > ($k0, $k1) ORDER BY user_id, group_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) => new(
        position,
        [
            row.GetString(0), row.GetString(1), MovedMembers.EntryOf(row.GetString(1), row.GetInt64(2), (Joining)row.GetInt32(3)), row.GetInt64(2),
            row.GetInt64(4), Time(row, 5),
        ]);
}
