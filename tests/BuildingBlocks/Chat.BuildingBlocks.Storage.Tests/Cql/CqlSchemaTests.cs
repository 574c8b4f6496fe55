using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Cql;
using Chat.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Tests.Cql;

public sealed class CqlSchemaTests : IAsyncDisposable
{
    private static readonly EmbeddedFiles Letters = new(
        "cql",
        ("0001-letters.cql", """
            -- Letters; one by one.
            CREATE TABLE IF NOT EXISTS test_letters (
                letter text PRIMARY KEY,   -- one; of many
                -- none; at all
                place  int
            );

            CREATE TABLE IF NOT EXISTS test_others (other text PRIMARY KEY)
                WITH comment = 'a; b';
            """),
        ("0002-words.cql", "CREATE TABLE IF NOT EXISTS test_words (word text PRIMARY KEY)"));

    private static readonly string[] AllTables = ["test_letters", "test_others", "test_words"];

    private readonly CassandraServer _server = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Two_files_of_one_number_are_refused() => Assert.Throws<ArgumentException>(
        () => new CqlMigrations("test", new EmbeddedFiles("cql", ("0001-a.cql", "CREATE TABLE a (x)"), ("0001-b.cql", "CREATE TABLE b (x)"))));

    [Fact]
    public void A_file_is_read_statement_by_statement_without_its_comments()
    {
        var statements = new CqlMigrations("test", Letters).Files[0].ReadStatements();

        Assert.Equal(2, statements.Count);
        Assert.StartsWith("CREATE TABLE IF NOT EXISTS test_letters (", statements[0], StringComparison.Ordinal);
        Assert.EndsWith("WITH comment = 'a; b'", statements[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_file_is_applied_once_and_recorded()
    {
        var session = await OpenAsync();

        await Schema(new CqlMigrations("test", Letters)).ApplyAsync(session, Ct);
        await session.ExecuteAsync(new CqlStatement("DROP TABLE test_words"), Ct);
        await Schema(new CqlMigrations("test", Letters)).ApplyAsync(session, Ct);

        Assert.Equal(["test_letters", "test_others"], await TablesAsync(session));
        Assert.Equal(["0001-letters.cql", "0002-words.cql"], await AppliedAsync(session));
    }

    [Fact]
    public async Task Only_what_is_newer_than_the_tables_is_applied_and_modules_count_apart()
    {
        var session = await OpenAsync();
        await Schema(new CqlMigrations("test", new EmbeddedFiles("cql", ("0001-a.cql", "CREATE TABLE test_a (x int PRIMARY KEY)")))).ApplyAsync(session, Ct);

        var newer = new EmbeddedFiles("cql", ("0001-a.cql", "not CQL"), ("0002-b.cql", "CREATE TABLE test_b (x int PRIMARY KEY)"));
        var other = new EmbeddedFiles("cql", ("0001-c.cql", "CREATE TABLE test_c (x int PRIMARY KEY)"));
        await Schema(new CqlMigrations("test", newer), new CqlMigrations("other", other)).ApplyAsync(session, Ct);

        Assert.Equal(["test_a", "test_b", "test_c"], await TablesAsync(session));
    }

    [Fact]
    public async Task Hosts_that_start_at_once_leave_one_of_each_table()
    {
        await OpenAsync();
        var sessions = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _server.ConnectAsync(Ct)));

        await Task.WhenAll(sessions.Select(session => Schema(new CqlMigrations("test", Letters)).ApplyAsync(session, Ct)));

        Assert.Equal(AllTables, await TablesAsync(sessions[0]));
        Assert.Equal(["0001-letters.cql", "0002-words.cql"], await AppliedAsync(sessions[0]));
        Assert.Empty((await sessions[0].ExecuteAsync(new CqlStatement("SELECT name FROM schema_lock"), Ct)).Rows);
        foreach (var session in sessions)
            await session.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_statement_a_host_dies_at_the_next_one_finishes()
    {
        var session = await OpenAsync();

        for (var (n, died) = (1, true); died; n++)
        {
            var module = new CqlMigrations($"test{n}", new EmbeddedFiles(
                "cql",
                ("0001-a.cql", $"CREATE TABLE IF NOT EXISTS test_{n}_a (x int PRIMARY KEY);\nCREATE TABLE IF NOT EXISTS test_{n}_b (x int PRIMARY KEY);"),
                ("0002-c.cql", $"ALTER TABLE test_{n}_a ADD y int;")));
            died = await DiesAtAsync(session, module, n);
            // Its lock is let go in time; what is tried here is all the rest.
            await Schema().ApplyAsync(session, Ct);
            await session.ExecuteAsync(new CqlStatement("DELETE FROM schema_lock WHERE name = 'schema' IF EXISTS"), Ct);

            await Schema(module).ApplyAsync(session, Ct);

            await session.ExecuteAsync(new CqlStatement($"SELECT x, y FROM test_{n}_a"), Ct);
            await session.ExecuteAsync(new CqlStatement($"SELECT x FROM test_{n}_b"), Ct);
            Assert.Equal(["0001-a.cql", "0002-c.cql"], await AppliedAsync(session, module.Module));
        }
    }

    [Fact]
    public async Task A_lock_whose_holder_has_died_is_let_go_by_time()
    {
        var session = await OpenAsync();
        await Schema().ApplyAsync(session, Ct);
        await session.ExecuteAsync(
            new CqlStatement("INSERT INTO schema_lock (name, holder) VALUES ('schema', ?) USING TTL 1", Guid.CreateVersion7()), Ct);

        await Schema(new CqlMigrations("test", Letters)).ApplyAsync(session, Ct);

        Assert.Equal(AllTables, await TablesAsync(session));
    }

    [Fact]
    public async Task The_lock_has_one_holder_who_is_told_when_it_is_lost()
    {
        var session = await OpenAsync();
        await Schema().ApplyAsync(session, Ct);

        var first = await CqlSchemaLock.TryTakeAsync(session, TimeProvider.System, Ct);
        Assert.Null(await CqlSchemaLock.TryTakeAsync(session, TimeProvider.System, Ct));
        Assert.True(await first!.RenewAsync(Ct));
        await session.ExecuteAsync(new CqlStatement("DELETE FROM schema_lock WHERE name = 'schema' IF EXISTS"), Ct);
        await using var second = await CqlSchemaLock.TryTakeAsync(session, TimeProvider.System, Ct);

        Assert.False(await first.RenewAsync(Ct));
        await first.DisposeAsync();
        Assert.True(await second!.RenewAsync(Ct));
    }

    [Fact]
    public async Task Tables_one_version_ahead_are_accepted_and_those_further_ahead_refused()
    {
        var session = await OpenAsync();
        await Schema(new CqlMigrations("test", Letters)).ApplyAsync(session, Ct);

        await Schema(new CqlMigrations("test", new EmbeddedFiles("cql", ("0001-letters.cql", "not CQL")))).ApplyAsync(session, Ct);
        var refused = await Assert.ThrowsAsync<StorageException>(
            () => Schema(new CqlMigrations("test", new EmbeddedFiles("cql"))).ApplyAsync(session, Ct));

        Assert.Contains("newer server", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_the_database_refuses_ends_the_start_with_its_words()
    {
        var session = await OpenAsync();
        var wrong = new CqlMigrations("test", new EmbeddedFiles("cql", ("0001-a.cql", "CREATE TABLE test_a (x int)")));

        var refused = await Assert.ThrowsAsync<StorageException>(() => Schema(wrong).ApplyAsync(session, Ct));

        Assert.Contains("test", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await AppliedAsync(session));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<bool> DiesAtAsync(ICqlSession session, CqlMigrations module, int n)
    {
        try
        {
            await Schema(module).ApplyAsync(FaultyCqlSession.DyingAt(session, n), Ct);
            return false;
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }

    private Task<ICqlSession> OpenAsync()
    {
        Assert.SkipWhen(CassandraServer.IsMissing, CassandraServer.Missing);
        return _server.OpenAsync(ct: Ct);
    }

    private CqlSchema Schema(params CqlMigrations[] modules) =>
        new(modules, Options.Create(_server.Options), TimeProvider.System, NullLogger<CqlSchema>.Instance);

    private async Task<IEnumerable<string>> TablesAsync(ICqlSession session)
    {
        var found = await session.ExecuteAsync(
            new CqlStatement("SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", _server.Options.Keyspace), Ct);
        return found.Rows.Select(row => row.Get<string>(0)).Where(table => table.StartsWith("test_", StringComparison.Ordinal)).Order();
    }

    private static async Task<IEnumerable<string>> AppliedAsync(ICqlSession session, string module = "test")
    {
        var found = await session.ExecuteAsync(new CqlStatement("SELECT name FROM schema_versions WHERE module = ?", module), Ct);
        return found.Rows.Select(row => row.Get<string>(0));
    }
}
