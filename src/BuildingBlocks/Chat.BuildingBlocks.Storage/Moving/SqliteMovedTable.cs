using System.Data.Common;
using System.Globalization;
using Chat.BuildingBlocks.Storage.Sqlite;

namespace Chat.BuildingBlocks.Storage.Moving;

/// <summary>Rows that come from the embedded database, in the order of their keys.</summary>
public abstract class SqliteMovedTable(SqliteDatabase database) : MovedTable
{
    // No id contains one.
    private const char Separator = ' ';

    /// <summary>
    /// Selects the rows after a key, ascending. Its first columns are the key, all of type text; parameters: <c>$k0</c>, <c>$k1</c>… the key, empty at first;
    /// <c>$limit</c>.
    /// </summary>
    protected abstract string Sql { get; }

    /// <summary>How many columns the key has.</summary>
    protected virtual int Keys => 1;

    /// <summary>A row of <see cref="Sql"/>, which stands at <paramref name="position"/>.</summary>
    protected abstract MovedRow ToRow(string position, DbDataReader row);

    public override long EstimateRows() => database.Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {Sources[0]}";
        return (long)command.ExecuteScalar()!;
    });

    public override IReadOnlyList<MovedRow> Read(string? after, int limit) => database.Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = Sql;
        var keys = after?.Split(Separator) ?? [.. Enumerable.Repeat("", Keys)];
        for (var i = 0; i < Keys; i++)
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"$k{i}"), keys[i]);
        command.Parameters.AddWithValue("$limit", limit);
        using var found = command.ExecuteReader();
        var rows = new List<MovedRow>();
        while (found.Read())
            rows.Add(ToRow(string.Join(Separator, Enumerable.Range(0, Keys).Select(found.GetString)), found));
        return rows;
    });

    protected static DateTimeOffset Time(DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    protected static DateTimeOffset? TimeOrNull(DbDataReader row, int column) => row.IsDBNull(column) ? null : Time(row, column);

    protected static long? NumberOrNull(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    protected static string? TextOrNull(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
