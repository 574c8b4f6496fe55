using System.Reflection;
using Chat.BuildingBlocks.Storage.Sqlite;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.BuildingBlocks.Storage.Tests.Sqlite;

public sealed class SqliteMigrationsTests : IDisposable
{
    private static readonly Assembly Own = typeof(SqliteMigrationsTests).Assembly;

    private readonly SqliteConnection _connection = new("Data Source=:memory:");

    public SqliteMigrationsTests() => _connection.Open();

    public void Dispose() => _connection.Dispose();

    [Fact]
    public void Two_files_of_one_number_are_refused() => Assert.Throws<ArgumentException>(
        () => new SqliteMigrations("test", new EmbeddedFiles("migrations", ("0001-a.sql", "CREATE TABLE a (x)"), ("0001-b.sql", "CREATE TABLE b (x)"))).Apply(_connection));

    [Fact]
    public void Each_file_is_applied_once_in_the_order_of_the_numbers()
    {
        new SqliteMigrations("test", Own).Apply(_connection);
        new SqliteMigrations("test", Own).Apply(_connection);

        Assert.Equal(2, Version("test"));
        Assert.Equal("first", _connection.QuerySingle<string>("SELECT word FROM words"));
    }

    [Fact]
    public void Only_what_is_newer_than_the_tables_is_applied()
    {
        new SqliteMigrations("test", new EmbeddedFiles("migrations", ("0001-a.sql", "CREATE TABLE a (x)"))).Apply(_connection);

        new SqliteMigrations("test", new EmbeddedFiles("migrations", ("0001-a.sql", "not SQL"), ("0002-b.sql", "CREATE TABLE b (x)"))).Apply(_connection);

        Assert.Equal(["a", "b"], Tables());
    }

    [Fact]
    public void Modules_count_their_versions_apart()
    {
        new SqliteMigrations("one", new EmbeddedFiles("migrations", ("0001-a.sql", "CREATE TABLE a (x)"), ("0002-b.sql", "CREATE TABLE b (x)"))).Apply(_connection);
        new SqliteMigrations("other", new EmbeddedFiles("migrations", ("0001-c.sql", "CREATE TABLE c (x)"))).Apply(_connection);

        Assert.Equal((2, 1), (Version("one"), Version("other")));
    }

    [Fact]
    public void Tables_one_version_ahead_are_accepted()
    {
        new SqliteMigrations("test", new EmbeddedFiles("migrations", ("0001-a.sql", "CREATE TABLE a (x)"), ("0002-b.sql", "CREATE TABLE b (x)"))).Apply(_connection);

        new SqliteMigrations("test", new EmbeddedFiles("migrations", ("0001-a.sql", "CREATE TABLE a (x)"))).Apply(_connection);

        Assert.Equal(2, Version("test"));
    }

    [Fact]
    public void Tables_further_ahead_are_refused()
    {
        new SqliteMigrations("test", Own).Apply(_connection);

        var refused = Assert.Throws<StorageException>(() => new SqliteMigrations("test", new EmbeddedFiles("migrations")).Apply(_connection));

        Assert.Contains("newer server", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_migration_that_fails_leaves_nothing_of_itself_and_keeps_those_before()
    {
        var failing = new SqliteMigrations(
            "test", new EmbeddedFiles("migrations", ("0001-a.sql", "CREATE TABLE a (x)"), ("0002-b.sql", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)")));

        Assert.Throws<SqliteException>(() => failing.Apply(_connection));

        Assert.Equal(["a"], Tables());
        Assert.Equal(1, Version("test"));
    }

    private int Version(string module) =>
        _connection.QuerySingle<int>("SELECT version FROM schema_versions WHERE module = $module", new { module });

    private List<string> Tables() =>
        _connection.Query<string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_versions' ORDER BY name").AsList();
}
