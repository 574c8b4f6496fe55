using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Limits;
using RocksDbSharp;

namespace Chat.BuildingBlocks.Storage.Rocks;

/// <summary>Runs a store's durable write. A test holds it, fails it, or lets it happen and fails it after that.</summary>
public delegate void RocksWrite(Action write);

/// <summary>
/// A RocksDB with the project's settings: column families by name, writes that are synced before they return. After a write that failed, for
/// a full disk above all, RocksDB takes no other: it is to be opened anew first.
/// </summary>
public sealed class RocksStore : IDisposable
{
    private const ulong MiB = 1UL << 20;
    private const int ManyOpenFiles = 65_536;
    private const int LeastOpenFiles = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly WriteOptions _synced = new WriteOptions().SetSync(true);
    private readonly WriteOptions _unsynced = new();
    private readonly RocksWrite _write;
    private readonly TimeProvider _clock;
    private readonly string _path;
    private readonly ColumnFamilies _settings;
    private readonly Dictionary<string, RocksFamily> _families;

    // Shared by whoever reads or writes, held alone by whoever opens and closes.
    private readonly ReaderWriterLockSlim _open = new();
    private readonly Lock _writing = new();
    private RocksDb? _db;
    private volatile bool _failing;
    private volatile bool _closing;

    // Under _writing.
    private bool _disposed;
    private long? _triedAt;

    private RocksStore(string path, ColumnFamilies settings, IEnumerable<RocksFamily> families, TimeProvider clock, RocksWrite? write)
    {
        (_path, _settings, _clock, _write) = (path, settings, clock, write ?? (static write => write()));
        _families = families.Append(Default).ToDictionary(family => family.Name);
        OpenFiles();
    }

    /// <param name="path">The store's folder, made if missing.</param>
    /// <param name="families">The names of its column families.</param>
    /// <param name="clock">Times the tries to open it anew.</param>
    /// <param name="write">What stands between each durable write and the disk; null for nothing.</param>
    /// <exception cref="StorageException">The files are damaged, or cannot be used.</exception>
    public static RocksStore Open(string path, ReadOnlySpan<string> families, TimeProvider clock, RocksWrite? write = null)
    {
        var cache = Cache.CreateLru(128 * MiB);
        var all = new ColumnFamilies(FamilySettings(cache));
        foreach (var family in families)
            all.Add(family, FamilySettings(cache));
        try
        {
            if (!Directory.Exists(path))
                Make(path, all);
            return new RocksStore(path, all, families.ToArray().Select(name => new RocksFamily(name)), clock, write);
        }
        catch (RocksDbException e) when (e.Message.Contains("lock", StringComparison.Ordinal) && e.Message.StartsWith("IO error", StringComparison.Ordinal))
        {
            throw new StorageException($"The message log '{path}' is in use by another process, stop that one: {e.Message}", e);
        }
        catch (RocksDbException e)
        {
            throw new StorageException(
                $"The message log '{path}' cannot be opened: {e.Message} Put back a backup of the folder, or move it away to begin with an empty log.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The message log '{path}' cannot be made: {e.Message}", e);
        }
    }

    /// <summary>The family that every store has, whichever version made it.</summary>
    public RocksFamily Default { get; } = new("default");

    public RocksFamily Family(string name) => _families[name];

    /// <summary>The store to read from, and to put together a batch for; for a moment, as it cannot be opened anew meanwhile.</summary>
    /// <exception cref="StoreUnavailableException">It is closed, or could not be opened anew.</exception>
    public RocksView View()
    {
        // Opening anew may take long, and the threads are everybody's.
        if (!_open.TryEnterReadLock(Patience))
            throw new StoreUnavailableException($"The message log '{_path}' is being opened.");
        if (_db is { } db)
            return new RocksView(db, _open);
        _open.ExitReadLock();
        throw new StoreUnavailableException($"The message log '{_path}' is not open.");
    }

    /// <summary>Opens it anew where the last write has failed. Not to be called with a view in hand.</summary>
    /// <exception cref="IOException">The disk has no room for that, or it was tried just now; what is in the store can still be read.</exception>
    public void ReopenIfFailed()
    {
        lock (_writing)
        {
            if (_failing)
                Reopen();
        }
    }

    /// <summary>Writes all of the batch or nothing; on disk when it returns. Not to be called with a view in hand.</summary>
    /// <exception cref="RocksDbException">It may have been written all the same.</exception>
    public void WriteDurably(WriteBatch batch)
    {
        lock (_writing)
            Write(batch, _synced, _write);
    }

    /// <summary>
    /// Writes all of the batch or nothing. A power cut may take it back, together with all that was written after it and not durably. For what can
    /// be made again. Not to be called with a view in hand.
    /// </summary>
    /// <inheritdoc cref="WriteDurably" path="/exception"/>
    /// <exception cref="StoreUnavailableException">A durable write has not returned within a second; nothing was written.</exception>
    public void Write(WriteBatch batch)
    {
        if (!_writing.TryEnter(Patience))
            throw new StoreUnavailableException($"The message log '{_path}' is being written.");
        try
        {
            Write(batch, _unsynced, static write => write());
        }
        finally
        {
            _writing.Exit();
        }
    }

    /// <summary>Writes what is in memory into tables. The write-ahead logs that had it go.</summary>
    /// <exception cref="RocksDbException">Some of it was not written.</exception>
    public void Flush()
    {
        using var view = View();
        var options = new FlushOptions().SetWaitForFlush(true);
        foreach (var family in _families.Values.Select(family => family.Handle).Append(view.Db.GetDefaultColumnFamily()))
        {
            Native.Instance.rocksdb_flush_cf(view.Db.Handle, options.Handle, family.Handle, out nint error);
            if (error != 0)
                throw new RocksDbException(error);
        }
        GC.KeepAlive(options);
    }

    /// <summary>Rewrites the tables that have keys from <paramref name="from"/> to <paramref name="to"/>, which takes long: what was overwritten leaves the disk.</summary>
    /// <returns>False where it was cut short, for the store is closed or opened anew.</returns>
    public bool Compact(RocksFamily family, byte[] from, byte[] to)
    {
        using var view = View();
        var options = Native.Instance.rocksdb_compactoptions_create();
        try
        {
            // Or RocksDB's own compactions would wait for this one, and writers for them.
            Native.Instance.rocksdb_compactoptions_set_exclusive_manual_compaction(options, 0);
            Native.Instance.rocksdb_compact_range_cf_opt(
                view.Db.Handle, family.Handle.Handle, options, from, (nuint)from.Length, to, (nuint)to.Length);
            return !_closing;
        }
        finally
        {
            Native.Instance.rocksdb_compactoptions_destroy(options);
        }
    }

    /// <summary>Returns when it can be read and, after a write that failed, written again.</summary>
    /// <exception cref="Exception">It cannot.</exception>
    public void Probe()
    {
        var key = "probe"u8;
        if (_failing)
        {
            ReopenIfFailed();
            using var batch = new WriteBatch();
            batch.Put(key, key);
            WriteDurably(batch);
        }
        using var view = View();
        view.Db.Get(key);
    }

    /// <summary>Writes a consistent copy into a new folder while the server runs on; files are linked where the disk allows it.</summary>
    public void BackUpTo(string folder)
    {
        using var view = View();
        using var checkpoint = view.Db.Checkpoint();
        checkpoint.Save(folder, 0);
    }

    /// <summary>Waits for those who read; who comes later is told that it is closed.</summary>
    public void Dispose()
    {
        lock (_writing)
        {
            _disposed = true;
            Close();
        }
    }

    // Under _writing.
    private void Write(WriteBatch batch, WriteOptions options, RocksWrite through)
    {
        using var view = View();
        try
        {
            var db = view.Db;
            through(() => db.Write(batch, options));
        }
        catch
        {
            _failing = true;
            throw;
        }
    }

    // Under _writing.
    private void Reopen()
    {
        if (_disposed || (_triedAt is { } triedAt && _clock.GetElapsedTime(triedAt) < RetryPause))
            throw new IOException($"The message log '{_path}' has stopped.");
        _triedAt = _clock.GetTimestamp();
        CheckDiskSpace();
        Close();
        _open.EnterWriteLock();
        try
        {
            OpenFiles();
            _failing = false;
        }
        finally
        {
            _open.ExitWriteLock();
        }
    }

    // Opening moves the write-ahead logs into tables. While the disk takes no such file the store is better left as it is: it can be read.
    private void CheckDiskSpace()
    {
        var needed = 64 * (long)MiB + new DirectoryInfo(_path).EnumerateFiles("*.log").Sum(log => log.Length);
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, PreallocationSize = needed, Options = FileOptions.DeleteOnClose,
            };
            using var trial = new FileStream(Path.Combine(_path, "trial"), options);
            trial.WriteByte(1);
            trial.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The message log '{_path}' has stopped; it goes on when its disk takes a file of {needed >> 20} MiB: {e.Message}", e);
        }
    }

    private void Close()
    {
        _closing = true;
        if (_db is { } db)
            Native.Instance.rocksdb_disable_manual_compaction(db.Handle);
        _open.EnterWriteLock();
        try
        {
            _db?.Dispose();
        }
        finally
        {
            _db = null;
            _open.ExitWriteLock();
        }
    }

    private void OpenFiles()
    {
        _db = RocksDb.Open(Settings(), _path, _settings);
        foreach (var family in _families.Values)
            family.Handle = _db.GetColumnFamily(family.Name);
        _closing = false;
    }

    // Made aside and moved into its place when complete: RocksDB's own making in place would also fill in what a damaged store has lost,
    // a column family or the whole, with nothing. One found aside is finished, not deleted: a power cut may have undone the move alone.
    private static void Make(string path, ColumnFamilies families)
    {
        var aside = path + ".new";
        RocksDb.Open(Settings().SetCreateIfMissing(true).SetCreateMissingColumnFamilies(true), aside, families).Dispose();
        Directory.Move(aside, path);
    }

    // A torn tail of the write-ahead log is an append that was never acked; damage anywhere else is refused at start.
    private static DbOptions Settings()
    {
        var settings = new DbOptions()
            .SetWalRecoveryMode(Recovery.TolerateCorruptedTailRecords)
            .SetMaxTotalWalSize(256 * MiB)
            .SetBytesPerSync(MiB)
            .SetMaxBackgroundFlushes(1)
            .SetMaxBackgroundCompactions(2)
            .SetKeepLogFileNum(3);
        // All table files stay open, unless the process may have so few open that they would take the clients' place.
        if (OpenFileLimit.Current is { } limit and < ManyOpenFiles)
            settings.SetMaxOpenFiles(Math.Max(LeastOpenFiles, limit / 8));
        // Each write-ahead log names the one before it: one that is missing, or that a cut manifest still asks for, is noticed.
        Native.Instance.rocksdb_options_set_track_and_verify_wals(settings.Handle, 1);
        return settings;
    }

    private static ColumnFamilyOptions FamilySettings(Cache cache) => new ColumnFamilyOptions()
        .SetWriteBufferSize(64 * MiB)
        .SetMaxWriteBufferNumber(3)
        .SetCompression(Compression.Lz4)
        .SetLevelCompactionDynamicLevelBytes(true)
        .SetBlockBasedTableFactory(new BlockBasedTableOptions()
            .SetBlockCache(cache)
            .SetBlockSize(16 * 1024)
            .SetFilterPolicy(BloomFilterPolicy.Create(10, false))
            .SetFormatVersion(5)
            .SetCacheIndexAndFilterBlocks(true)
            .SetPinL0FilterAndIndexBlocksInCache(true));
}
