using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Storage.Sqlite;
using Chat.Testing;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Tests.Sqlite;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly TemporaryStores _stores = new("test", typeof(SqliteDatabaseTests).Assembly);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _stores.Dispose();

    [Fact]
    public async Task What_a_write_returned_from_is_there_after_the_next_opening()
    {
        var written = await _stores.Database.WriteAsync(connection => connection.Execute("INSERT INTO numbers VALUES (1), (2)"), Ct);

        _stores.Close();

        Assert.Equal(2, written);
        Assert.Equal(2, Count());
    }

    [Fact]
    public void Durability_is_switched_on()
    {
        Assert.Equal("wal", _stores.Database.Read(reader => reader.QuerySingle<string>("PRAGMA journal_mode")));
        Assert.Equal(2, WriterPragma("synchronous"));
        Assert.Equal(1, WriterPragma("foreign_keys"));
    }

    [Fact]
    public async Task Writes_of_many_threads_all_count()
    {
        Assert.Equal(0, Count()); // opened before the threads come

        await Parallel.ForAsync(0, 500, Ct, async (number, ct) => await InsertAsync(number, ct));

        Assert.Equal(500, Count());
    }

    [Fact]
    public async Task Work_that_throws_is_rolled_back_alone()
    {
        using var gate = await GateAsync();
        var before = InsertAsync(1, Ct);
        var failing = _stores.Database.WriteAsync(
            connection =>
            {
                connection.Execute("INSERT INTO numbers VALUES (2)");
                throw new InvalidOperationException("Enough.");
            }, Ct);
        var refusedBySqlite = InsertAsync(1, Ct);
        var after = InsertAsync(3, Ct);
        gate.Set();

        await before;
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await Assert.ThrowsAsync<SqliteException>(() => refusedBySqlite);
        await after;
        Assert.Equal([1, 3], Numbers());
    }

    [Fact]
    public async Task A_failed_commit_fails_everything_in_it_and_leaves_the_writer_working()
    {
        using var gate = await GateAsync();
        var first = InsertAsync(1, Ct);
        var breaking = _stores.Database.WriteAsync(connection => connection.Execute("ROLLBACK"), Ct);
        gate.Set();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => first);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => breaking);
        await InsertAsync(2, Ct);
        Assert.Equal([2], Numbers());
    }

    [Fact]
    public async Task A_reader_beside_a_write_sees_what_was_committed_before()
    {
        await InsertAsync(1, Ct);
        using var gate = await GateAsync(connection => connection.Execute("INSERT INTO numbers VALUES (2)"));

        var during = Numbers();

        gate.Set();
        await InsertAsync(3, Ct);
        Assert.Equal([1], during);
        Assert.Equal([1, 2, 3], Numbers());
    }

    [Fact]
    public void A_reader_cannot_write() =>
        Assert.Throws<SqliteException>(() => _stores.Database.Read(reader => reader.Execute("INSERT INTO numbers VALUES (1)")));

    [Fact]
    public async Task Disposing_works_off_what_waits_and_takes_no_more()
    {
        var database = _stores.Database;
        var gate = await GateAsync();
        var waiting = InsertAsync(1, Ct);
        var disposing = Task.Run(database.Dispose, Ct);
        gate.Set();

        await disposing;
        await waiting;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => database.WriteAsync(_ => { }, Ct));
        gate.Dispose();
        _stores.Close();
        Assert.Equal([1], Numbers());
    }

    [Fact]
    public async Task A_backup_made_beside_writes_opens_and_has_what_was_committed()
    {
        await InsertAsync(1, Ct);
        using var backup = new TemporaryFolder();

        _stores.Database.BackUpTo(backup.Path);

        await InsertAsync(2, Ct);
        using var data = backup.OpenAsData();
        using var copy = Open(data);
        Assert.Equal([1], copy.Read(reader => reader.Query<long>("SELECT number FROM numbers").AsList()));
    }

    [Fact]
    public async Task Optimising_is_allowed_at_any_time()
    {
        await InsertAsync(1, Ct);

        await _stores.Database.OptimiseAsync();

        Assert.Equal([1], Numbers());
    }

    [Fact]
    public async Task A_database_cut_short_is_refused()
    {
        await FillAsync();
        Files.Cut(Path, new FileInfo(Path).Length / 2);

        AssertRefusedAsDamaged();
    }

    [Fact]
    public async Task A_database_with_a_damaged_page_is_refused()
    {
        await FillAsync();
        using (var file = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = file.Length / 4096 / 2 * 4096;
            file.Write(new byte[4096]);
        }

        AssertRefusedAsDamaged();
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        var path = Path;
        _stores.Close();
        await File.WriteAllTextAsync(path, new string('x', 10_000), Ct);

        AssertRefusedAsDamaged();
    }

    // SQLite takes an empty file for a new database, and throws away the log that lies beside it.
    [Fact]
    public async Task A_database_emptied_beside_its_log_is_refused()
    {
        await InsertAsync(1, Ct);
        using var copy = new TemporaryFolder();
        foreach (var file in new[] { "chat.db", "chat.db-wal" })
            File.Copy(_stores.Data.PathOf(file), copy[file]);
        Files.Cut(copy["chat.db"], 0);
        using var data = copy.OpenAsData();

        var refused = Assert.Throws<StorageException>(() => Open(data));

        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_committed_survives_a_crash()
    {
        await InsertAsync(1, Ct);
        using var copy = new TemporaryFolder();
        foreach (var file in new[] { "chat.db", "chat.db-wal" })
            File.Copy(_stores.Data.PathOf(file), copy[file]);
        // The torn tail of a commit that never returned.
        using (var wal = new FileStream(copy["chat.db-wal"], FileMode.Append))
            wal.Write(new byte[1000]);
        using var data = copy.OpenAsData();

        using var database = Open(data);

        Assert.Equal([1], database.Read(reader => reader.Query<long>("SELECT number FROM numbers").AsList()));
    }

    private string Path => _stores.Data.PathOf("chat.db");

    private SqliteDatabase Open(DataDirectory data) =>
        new(data, [new SqliteMigrations("test", typeof(SqliteDatabaseTests).Assembly)], Options.Create(new StorageOptions()), _stores.Meters, TimeProvider.System);

    private Task InsertAsync(int number, CancellationToken ct) =>
        _stores.Database.WriteAsync(connection => { connection.Execute("INSERT INTO numbers VALUES ($number)", new { number }); }, ct);

    private int Count() => Numbers().Count;

    private List<long> Numbers() => _stores.Database.Read(reader => reader.Query<long>("SELECT number FROM numbers ORDER BY number").AsList());

    private int WriterPragma(string name)
    {
        var value = 0;
        var read = _stores.Database.WriteAsync(connection => { value = connection.QuerySingle<int>($"PRAGMA {name}"); }, Ct);
        read.GetAwaiter().GetResult();
        return value;
    }

    // Holds the writer, so that what is written next gathers into one commit; set or dispose to let go.
    private async Task<ManualResetEventSlim> GateAsync(Action<SqliteConnection>? first = null)
    {
        var gate = new ManualResetEventSlim();
        var reached = new TaskCompletionSource();
        _ = _stores.Database.WriteAsync(
            connection =>
            {
                first?.Invoke(connection);
                reached.SetResult();
                gate.Wait(Ct);
            }, Ct);
        await reached.Task;
        return gate;
    }

    private async Task FillAsync()
    {
        var database = _stores.Database;
        await database.WriteAsync(
            connection =>
            {
                for (var i = 0; i < 2000; i++)
                    connection.Execute("INSERT INTO words VALUES ($word)", new { word = $"{i}{new string('w', 100)}" });
            }, Ct);
        var path = Path;
        _stores.Close();
        Assert.True(new FileInfo(path).Length > 100_000);
    }

    private void AssertRefusedAsDamaged()
    {
        var refused = Assert.Throws<StorageException>(() => _stores.Database);
        Assert.Contains("damaged or not a database", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Path, refused.Message, StringComparison.Ordinal);
    }
}
