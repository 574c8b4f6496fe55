using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Threading.Channels;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Queues;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Chat.BuildingBlocks.Storage.Sqlite;

/// <summary>
/// The embedded database: one writer with group commit, and concurrent readers. WAL with <c>synchronous=FULL</c>: a write that returned is on disk. Every
/// module has its own tables in it, made by its <see cref="SqliteMigrations"/>.
/// </summary>
public sealed class SqliteDatabase : IBackedUp, IStoreHealth, IStoreUpkeep, IDisposable
{
    private const int MaxBatch = 512;
    private const int MaxIdleReaders = 8;
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private readonly string _path;
    private readonly SqliteConnection _writer;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly BatchWorker<Write> _writes;
    private readonly WaitingWork _waiting;
    private readonly TimeSpan _timeout;
    private readonly Histogram<double> _commits;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _overdue;
    private volatile bool _failing;

    // The current batch; set by the writer's thread only.
    private volatile TaskCompletionSource _batch = new();

    // The last batch of which a caller was told that it took too long.
    private volatile Task _unsettled = Task.CompletedTask;

    /// <exception cref="StorageException">The file is damaged, not a database, made by a newer version, or cannot be written.</exception>
    public SqliteDatabase(
        DataDirectory directory, IEnumerable<SqliteMigrations> migrations, IOptions<StorageOptions> options, IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        _path = directory.PathOf("chat.db");
        _timeout = TimeSpan.FromMilliseconds(options.Value.WriteTimeoutMs);
        // Not counted in bytes: a write holds no more than its request, and requests are bounded.
        _waiting = new WaitingWork(options.Value.MaxWaitingWrites, long.MaxValue, clock);
        var meter = meters.Create("Chat");
        _commits = meter.CreateHistogram<double>("chat.sqlite.commit", "s", "Time of a group commit to the embedded database.");
        meter.CreateObservableGauge("chat.sqlite.waiting", () => _waiting.Count, description: "Writes that wait for the embedded database.");
        meter.CreateObservableGauge("chat.sqlite.oldest_wait", () => _waiting.OldestWait.TotalSeconds, "s", "How long the oldest of them has waited.");
        _refused = meter.CreateCounter<long>("chat.sqlite.refused", description: "Writes refused as too many waited.");
        _overdue = meter.CreateCounter<long>("chat.sqlite.overdue", description: "Writes whose callers were told that the database did not answer in time.");
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
        _writes = new BatchWorker<Write>("sqlite-writer", StorageOptions.MostWaitingWrites, MaxBatch, Commit);
    }

    /// <summary>Writes that have not returned yet.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Runs work on the writer, in one transaction with other waiting writes. It is durable when this completes. Work that throws is rolled back alone.</summary>
    /// <param name="work">Runs on the writer's thread: it must not wait, nor call anything outside the store.</param>
    /// <param name="ct">Cancels only until the write is queued.</param>
    /// <exception cref="StoreUnavailableException">
    /// Nothing was written: the commit failed, too many writes wait, or this one waited for <see cref="StorageOptions.WriteTimeoutMs"/> and was withdrawn.
    /// Or the commit takes longer: then it may be written later, and <see cref="SettledAsync"/> waits for that.
    /// </exception>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken ct = default)
    {
        var write = await EnqueueAsync(work, ct);
        try
        {
            return await write.Done.WaitAsync(_timeout, _clock, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _overdue.Add(1);
            if (write.TryWithdraw())
                throw new StoreUnavailableException($"The database accepted no write for {_timeout.TotalSeconds:N0} s; nothing was written.");
            _unsettled = _batch.Task;
            throw new StoreUnavailableException($"The database did not commit within {_timeout.TotalSeconds:N0} s; it may do so later.");
        }
    }

    /// <summary>Runs work that may take long, such as upkeep, in a transaction without a timeout.</summary>
    /// <exception cref="StoreUnavailableException">The commit failed, or too many writes wait: nothing was written.</exception>
    public async Task MaintainAsync(Action<SqliteConnection> work, CancellationToken ct = default) =>
        await (await EnqueueAsync(connection => { work(connection); return true; }, ct)).Done;

    /// <summary>
    /// Returns when no commit is pending whose callers were told that it took too long. Later reads see its outcome.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is still pending after <see cref="StorageOptions.WriteTimeoutMs"/>.</exception>
    public Task SettledAsync(CancellationToken ct) => _unsettled is { IsCompleted: false } unsettled ? WaitAsync(unsettled, ct) : Task.CompletedTask;

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Action<SqliteConnection> work, CancellationToken ct = default) =>
        WriteAsync(connection => { work(connection); return true; }, ct);

    /// <summary>Runs a query on a separate connection, concurrently with the writer. It sees what was committed before it began.</summary>
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
        if (_waiting.OldestWait is var wait && wait > _timeout)
            throw new StoreUnavailableException($"A write has waited for {wait.TotalSeconds:N0} s.");
        var version = Read(reader => reader.ExecuteScalar<long>("PRAGMA user_version"));
        return _failing
            ? WriteAsync(writer => writer.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version={version}")), ct)
            : Task.CompletedTask;
    }

    /// <summary>Lets SQLite refresh the statistics for its query plans.</summary>
    public Task OptimiseAsync() => MaintainAsync(connection => connection.Execute("PRAGMA optimize;"));

    public void BackUpTo(string folder)
    {
        // Not one of the readers: they may not write, and SQLite treats the copy as a write.
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

    private async ValueTask<Write<T>> EnqueueAsync<T>(Func<SqliteConnection, T> work, CancellationToken ct)
    {
        if (_waiting.TryEnter(0) is not { } entry)
        {
            _refused.Add(1);
            throw new StoreUnavailableException("Too many writes wait for the database.");
        }
        var write = new Write<T>(work, entry);
        try
        {
            await _writes.EnqueueAsync(write, ct);
            return write;
        }
        catch (ChannelClosedException e)
        {
            write.Leave();
            throw new StoreUnavailableException("The database is closed.", e);
        }
        catch (OperationCanceledException)
        {
            write.Leave();
            throw;
        }
    }

    private async Task WaitAsync(Task unsettled, CancellationToken ct)
    {
        try
        {
            await unsettled.WaitAsync(_timeout, _clock, ct);
        }
        catch (TimeoutException e)
        {
            throw new StoreUnavailableException("A write that took too long is still under way.", e);
        }
    }

    private SqliteConnection Open(string pragmas)
    {
        // Without SQLite's pool: this class keeps readers and the writer apart.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _path, Pooling = false }.ToString());
        connection.Open();
        connection.Execute("PRAGMA busy_timeout=5000; " + pragmas);
        return connection;
    }

    private void Commit(List<Write> batch)
    {
        _batch = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        batch.RemoveAll(write => !write.TryBegin());
        CommitBegun(batch);
        _batch.SetResult();
    }

    private void CommitBegun(List<Write> batch)
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
            // SQLite has already rolled back.
        }
    }

    // -1 where there is no such file.
    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : -1;

    private StorageException Damaged(Exception? inner) => new(
        $"The database '{_path}' is damaged or not a database. Put back a backup of it, or move it away to begin with an empty one.", inner);

    private abstract class Write(IDisposable entry)
    {
        private const int Waiting = 0;
        private const int Begun = 1;
        private const int Withdrawn = 2;

        private int _state = Waiting;

        /// <summary>False if it was withdrawn.</summary>
        public bool TryBegin()
        {
            if (Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting)
                return true;
            Leave();
            return false;
        }

        /// <summary>False if it has begun.</summary>
        public bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting;

        /// <summary>It waits no longer. May be called again.</summary>
        public void Leave() => Interlocked.Exchange(ref entry, null!)?.Dispose();

        public abstract void Run(SqliteConnection connection);

        public abstract void Complete();

        public abstract void Fail(Exception e);
    }

    private sealed class Write<T>(Func<SqliteConnection, T> work, IDisposable entry) : Write(entry)
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _value;

        public Task<T> Done => _done.Task;

        public override void Run(SqliteConnection connection) => _value = work(connection);

        public override void Complete()
        {
            Leave();
            _done.TrySetResult(_value!);
        }

        public override void Fail(Exception e)
        {
            Leave();
            _done.TrySetException(e);
            // Marks the exception as observed: the caller may have gone.
            _ = _done.Task.Exception;
        }
    }
}
