using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Media.Moving;

/// <summary>What is known of the files. Their bytes are not copied: the operator says where they are (docs/operations.md).</summary>
internal sealed class MovedFiles(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "media";

    public override string Table => "media_files";

    public override IReadOnlyList<string> Columns { get; } =
    [
        "media_id", "uploader", "state", "blob_key", "hash", "size", "type", "name", "width", "height", "duration_ms", "blurhash", "thumbnail", "idem_key",
        "created_at", "keep_until",
    ];

    public override IReadOnlyList<string> Sources { get; } = ["media_files"];

    protected override string Sql =>
        """
        SELECT media_id, uploader, state, blob_key, hash, size, type, name, width, height, duration_ms, blurhash, thumbnail, idem_key, created_ms, keep_ms
        FROM media_files WHERE media_id > $k0 ORDER BY media_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) => new(
        position,
        [
            Guid.Parse(row.GetString(0)), row.GetString(1), row.GetInt32(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetFieldValue<byte[]>(4),
            row.GetInt64(5), row.GetString(6), TextOrNull(row, 7), row.IsDBNull(8) ? null : row.GetInt32(8), row.IsDBNull(9) ? null : row.GetInt32(9),
            row.IsDBNull(10) ? null : row.GetInt64(10), TextOrNull(row, 11), row.GetBoolean(12), TextOrNull(row, 13), Time(row, 14), Time(row, 15),
        ]);
}

internal sealed class MovedKeys(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "media keys";

    public override string Table => "media_keys";

    public override IReadOnlyList<string> Columns { get; } = ["uploader", "idem_key", "media_id"];

    public override int PartitionColumns => 2;

    public override IReadOnlyList<string> Sources { get; } = ["media_keys"];

    protected override int Keys => 2;

    protected override string Sql =>
        "SELECT uploader, idem_key, media_id FROM media_keys WHERE (uploader, idem_key) > ($k0, $k1) ORDER BY uploader, idem_key LIMIT $limit";

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), row.GetString(1), Guid.Parse(row.GetString(2))]);
}

/// <summary>Which files have which bytes. Bytes that no file has are not offered to new ones there.</summary>
internal sealed class MovedContent(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "media content";

    public override string Table => "media_content";

    public override IReadOnlyList<string> Columns { get; } = ["hash", "media_id", "offered_key", "blob_key"];

    public override IReadOnlyList<string> Sources { get; } = ["media_references", "media_content"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT hex(hash), media_id, hash, media_content.blob_key, media_references.blob_key
        FROM media_references LEFT JOIN media_content USING (hash)
        WHERE (hash, media_id) > (unhex($k0), $k1) ORDER BY hash, media_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetFieldValue<byte[]>(2), Guid.Parse(row.GetString(1)), TextOrNull(row, 3), row.GetString(4)]);
}

internal sealed class MovedUsage(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "media quotas";

    public override string Table => "media_usage";

    public override IReadOnlyList<string> Columns { get; } = ["user_id", "media_id", "total", "bytes"];

    public override IReadOnlyList<string> Sources { get; } = ["media_usage", "media_totals"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT user_id, media_id, media_totals.bytes, media_usage.bytes FROM media_usage JOIN media_totals USING (user_id)
        WHERE (user_id, media_id) > ($k0, $k1) ORDER BY user_id, media_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), Guid.Parse(row.GetString(1)), row.GetInt64(2), row.GetInt64(3)]);
}

internal sealed class MovedUses(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "media of messages";

    public override string Table => "media_uses";

    public override IReadOnlyList<string> Columns { get; } =
        ["media_id", "scope", "sender", "client_msg_id", "conversation_id", "seq_no", "created_at"];

    public override IReadOnlyList<string> Sources { get; } = ["media_uses"];

    protected override int Keys => 4;

    protected override string Sql =>
        """
        SELECT media_id, scope, sender, hex(client_msg_id), client_msg_id, conversation_id, seq_no, created_ms FROM media_uses
        WHERE (media_id, scope, sender, client_msg_id) > ($k0, $k1, $k2, CAST(unhex($k3) AS TEXT))
        ORDER BY media_id, scope, sender, client_msg_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) => new(
        position,
        [
            Guid.Parse(row.GetString(0)), row.GetString(1), row.GetString(2), row.GetString(4), row.GetString(5), row.IsDBNull(6) ? null : row.GetInt64(6),
            Time(row, 7),
        ]);
}
