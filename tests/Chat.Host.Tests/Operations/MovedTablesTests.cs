using Chat.BuildingBlocks.Storage.Moving;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Host.Operations.Moving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Chat.Host.Tests.Operations;

/// <summary>What <c>Chat.Host migrate</c> copies, on a folder without data.</summary>
public sealed class MovedTablesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chat-test-").FullName;
    private WebApplication _app = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder, "chat.db"), [], TestContext.Current.CancellationToken);
        _app = MigrateCommand.Build([$"--Storage:DataDirectory={_folder}"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private IEnumerable<MovedTable> Tables => _app.Services.GetServices<MovedTable>();

    [Fact]
    public void Every_table_of_the_embedded_database_is_copied()
    {
        var copied = Tables.SelectMany(table => table.Sources).ToHashSet(StringComparer.Ordinal);

        var tables = _app.Services.GetRequiredService<SqliteDatabase>().Read(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_versions' AND name NOT LIKE 'sqlite_%'";
            using var names = command.ExecuteReader();
            var found = new List<string>();
            while (names.Read())
                found.Add(names.GetString(0));
            return found;
        });

        Assert.NotEmpty(tables);
        Assert.DoesNotContain(tables, table => !copied.Contains(table));
    }

    [Fact]
    public void Each_has_a_name_of_its_own_and_reads_a_folder_without_rows_to_its_end()
    {
        Assert.Equal(Tables.Count(), Tables.Select(table => table.Name).Distinct().Count());
        foreach (var table in Tables)
        {
            string? position = null;
            while (table.Read(position, 10) is { Count: > 0 } rows)
            {
                Assert.All(rows, row => Assert.Equal(table.Columns.Count, row.Values.Count));
                position = rows[^1].Position;
            }
        }
    }
}
