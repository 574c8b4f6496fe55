using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Threading.Channels;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Queues;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Chat.BuildingBlocks.Storage.Sqlite;

/// <summary>
/// The embedded database: one writer with group commit, readers beside it. WAL with <c>synchronous=FULL</c>: what a write returned from
/// is on disk. Every module keeps its own tables in it, by its own <see cref="SqliteMigrations"/>.
/// </summary>
public sealed class SqliteDatabase : IBackedUp, IStoreHealth, IDisposable
{
    private const int MaxWaitingWrites = 4096;
    private const int MaxBatch = 512;
    private const int MaxIdleReaders = 8;
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private readonly string _path;
    private readonly SqliteConnection _writer;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly BatchWorker<Write> _writes;
    private readonly Histogram<double> _commits;
    private readonly TimeProvider _clock;
    private volatile bool _failing;

    /// <exception cref="StorageException">The file is damaged, not a database, made by a newer version, or cannot be written.</exception>
    public SqliteDatabase(DataDirectory directory, IEnumerable<SqliteMigrations> migrations, IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        _path = directory.PathOf("chat.db");
        _commits = meters.Create("Chat").CreateHistogram<double>("chat.sqlite.commit", "s", "Time of a group commit to the embedded database.");
        // SQLite takes an empty file for a new database, and throws away the write-ahead log beside it with all that is in it.
        if (Length(_path) is 0 && Length(_path + "-wal") > 0)
            throw Damaged(null);
        try
        {
            _writer = Open("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=2000;");
            if (_writer.QuerySingle<string>("PRAGMA quick_check(1)") is not "ok")
                throw Damaged(null);
            foreach (var module in migrations)
                module.Apply(_writer);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Corrupt or NotADatabase)
        {
            throw Damaged(e);
        }
        catch (SqliteException e)
        {
            throw new StorageException($"The database '{_path}' cannot be opened: {e.Message}", e);
        }
        _writes = new BatchWorker<Write>("sqlite-writer", MaxWaitingWrites, MaxBatch, Commit);
    }

    /// <summary>Runs work on the writer, in a transaction with whatever else waits; durable when this completes. What throws is rolled back alone.</summary>
    /// <param name="work">Runs on the writer's thread: no waiting, no calls out of the store.</param>
    /// <param name="ct">Gives up waiting for room; work that waits already is done.</param>
    /// <exception cref="StoreUnavailableException">The commit failed: nothing was written.</exception>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken ct = default)
    {
        var write = new Write<T>(work);
        try
        {
            await _writes.EnqueueAsync(write, ct);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreUnavailableException("The database is closed.", e);
        }
        return await write.Done;
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Action<SqliteConnection> work, CancellationToken ct = default) =>
        WriteAsync(connection => { work(connection); return true; }, ct);

    /// <summary>Runs a query on a reader of its own, beside the writer; it sees what was committed before it began.</summary>
    public T Read<T>(Func<SqliteConnection, T> query)
    {
        var reader = _readers.TryTake(out var idle) ? idle : Open("PRAGMA query_only=ON;");
        try
        {
            return query(reader);
        }
        finally
        {
            if (_readers.Count < MaxIdleReaders)
                _readers.Add(reader);
            else
                reader.Dispose();
        }
    }

    public Task ProbeAsync(CancellationToken ct)
    {
        var version = Read(reader => reader.ExecuteScalar<long>("PRAGMA user_version"));
        return _failing
            ? WriteAsync(writer => writer.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version={version}")), ct)
            : Task.CompletedTask;
    }

    /// <summary>Lets SQLite refresh the statistics that its query plans go by.</summary>
    public Task OptimiseAsync() => WriteAsync(connection => connection.Execute("PRAGMA optimize;"));

    public void BackUpTo(string folder)
    {
        // Not a reader of the pool: those may not write, and SQLite counts the copy as writing.
        using var connection = Open("");
        connection.Execute("VACUUM INTO $path", new { path = Path.Combine(folder, "chat.db") });
    }

    public void Dispose()
    {
        _writes.Dispose();
        _writer.Dispose();
        while (_readers.TryTake(out var reader))
            reader.Dispose();
    }

    private SqliteConnection Open(string pragmas)
    {
        // Not pooled: the two kinds of connection are kept apart here.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _path, Pooling = false }.ToString());
        connection.Open();
        connection.Execute("PRAGMA busy_timeout=5000; " + pragmas);
        return connection;
    }

    private void Commit(List<Write> batch)
    {
        var started = _clock.GetTimestamp();
        try
        {
            _writer.Execute("BEGIN IMMEDIATE");
            foreach (var write in batch)
                RunAlone(write);
            _writer.Execute("COMMIT");
        }
        catch (SqliteException e)
        {
            _failing = true;
            RollBack();
            var failure = new StoreUnavailableException("The database could not commit.", e);
            batch.ForEach(write => write.Fail(failure));
            return;
        }
        _failing = false;
        _commits.Record(_clock.GetElapsedTime(started).TotalSeconds);
        batch.ForEach(write => write.Complete());
    }

    private void RunAlone(Write write)
    {
        _writer.Execute("SAVEPOINT one");
        try
        {
            write.Run(_writer);
        }
        catch (Exception e)
        {
            write.Fail(e);
            _writer.Execute("ROLLBACK TO one");
        }
        _writer.Execute("RELEASE one");
    }

    private void RollBack()
    {
        try
        {
            _writer.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself: there is no transaction left to end.
        }
    }

    // -1 where there is no such file.
    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : -1;

    private StorageException Damaged(Exception? inner) => new(
        $"The database '{_path}' is damaged or not a database. Put back a backup of it, or move it away to begin with an empty one.", inner);

    private abstract class Write
    {
        public abstract void Run(SqliteConnection connection);

        public abstract void Complete();

        public abstract void Fail(Exception e);
    }

    private sealed class Write<T>(Func<SqliteConnection, T> work) : Write
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _value;

        public Task<T> Done => _done.Task;

        public override void Run(SqliteConnection connection) => _value = work(connection);

        public override void Complete() => _done.TrySetResult(_value!);

        public override void Fail(Exception e) => _done.TrySetException(e);
    }
}
