using System.Data.Common;
using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.Modules.Media.Moving;

internal sealed class MovedUploads(SqliteDatabase database) : SqliteMovedTable(database)
{
    public override string Name => "resumable uploads";

    public override string Table => "media_uploads";

    public override IReadOnlyList<string> Columns { get; } = ["uploader", "media_id", "length", "offset", "state"];

    public override IReadOnlyList<string> Sources { get; } = ["media_uploads"];

    protected override int Keys => 2;

    protected override string Sql =>
        """
        SELECT uploader, media_id, length, offset, state FROM media_uploads WHERE (uploader, media_id) > ($k0, $k1) ORDER BY uploader, media_id LIMIT $limit
        """;

    protected override MovedRow ToRow(string position, DbDataReader row) =>
        new(position, [row.GetString(0), Guid.Parse(row.GetString(1)), row.GetInt64(2), row.GetInt64(3), TextOrNull(row, 4)]);
}
