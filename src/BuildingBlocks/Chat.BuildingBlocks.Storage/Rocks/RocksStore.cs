using System.Runtime.InteropServices;
using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Limits;
using RocksDbSharp;

namespace Chat.BuildingBlocks.Storage.Rocks;

/// <summary>Runs a store's durable write. A test may delay it, fail it, or fail it after the write.</summary>
public delegate void RocksWrite(Action write);

/// <summary>
/// RocksDB with the project's settings: column families by name, writes that are synced before they return. After a failed write (a full disk, usually)
/// RocksDB accepts no other write until it is reopened.
/// </summary>
public sealed class RocksStore : IDisposable
{
    private const ulong MiB = 1UL << 20;
    private const int ManyOpenFiles = 65_536;
    private const int LeastOpenFiles = 32;

    // Bytes of a key that name what its last bytes count: most of two short user ids, of a UUID all but its end. A shorter key has no hint.
    private const int RisingPrefix = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly WriteOptions _synced = new WriteOptions().SetSync(true);
    private readonly WriteOptions _unsynced = new();
    private readonly RocksWrite _write;
    private readonly TimeProvider _clock;
    private readonly string _path;
    private readonly ColumnFamilies _settings;
    private readonly Dictionary<string, RocksFamily> _families;

    // Readers and writers share it; opening and closing hold it exclusively.
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
    /// <param name="rising">Those of them whose keys mostly rise among keys with the same beginning.</param>
    /// <param name="clock">For the pause between attempts to reopen.</param>
    /// <param name="write">Wraps each durable write; null for nothing.</param>
    /// <exception cref="StorageException">The files are damaged, or cannot be used.</exception>
    public static RocksStore Open(string path, ReadOnlySpan<string> families, TimeProvider clock, RocksWrite? write = null, ReadOnlySpan<string> rising = default)
    {
        var cache = Cache.CreateLru(128 * MiB);
        var all = new ColumnFamilies(FamilySettings(cache));
        foreach (var family in families)
            all.Add(family, rising.Contains(family) ? HintedByPrefix(FamilySettings(cache)) : FamilySettings(cache));
        try
        {
            if (!Directory.Exists(path))
                Make(path, all);
            return new RocksStore(path, all, families.ToArray().Select(name => new RocksFamily(name)), clock, write);
        }
        catch (RocksDbException e) when (e.Message.Contains("lock", StringComparison.Ordinal) && e.Message.StartsWith("IO error", StringComparison.Ordinal))
        {
            throw new StorageException($"The message log '{path}' is in use by another process; stop that one: {e.Message}", e);
        }
        catch (RocksDbException e)
        {
            throw new StorageException(
                $"The message log '{path}' cannot be opened: {e.Message} Put back a backup of the folder, or move it away to begin with an empty log.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The message log '{path}' cannot be created: {e.Message}", e);
        }
    }

    /// <summary>The column family that RocksDB always has.</summary>
    public RocksFamily Default { get; } = new("default");

    public RocksFamily Family(string name) => _families[name];

    /// <summary>The open store, for reading and for building a batch. Hold it briefly: the store cannot be reopened meanwhile.</summary>
    /// <exception cref="StoreUnavailableException">The store is closed, or could not be reopened.</exception>
    public RocksView View()
    {
        // Reopening may take long, and must not block the thread pool.
        if (!_open.TryEnterReadLock(Patience))
            throw new StoreUnavailableException($"The message log '{_path}' is being opened.");
        if (_db is { } db)
            return new RocksView(db, _open);
        _open.ExitReadLock();
        throw new StoreUnavailableException($"The message log '{_path}' is not open.");
    }

    /// <summary>Reopens the store if the last write failed. Do not call while holding a view.</summary>
    /// <exception cref="IOException">The disk has no room for reopening, or it was tried less than two seconds ago. The store can still be read.</exception>
    public void ReopenIfFailed()
    {
        lock (_writing)
        {
            if (_failing)
                Reopen();
        }
    }

    /// <summary>Writes all of the batch or nothing. It is on disk when this returns. Do not call while holding a view.</summary>
    /// <exception cref="RocksDbException">The write failed; the batch may have been written all the same.</exception>
    public void WriteDurably(WriteBatch batch)
    {
        lock (_writing)
            Write(batch, _synced, _write);
    }

    /// <summary>
    /// Writes all of the batch or nothing, without a sync: a power cut may undo it, with all later writes that were not durable. For what can be rebuilt.
    /// Do not call while holding a view.
    /// </summary>
    /// <inheritdoc cref="WriteDurably" path="/exception"/>
    /// <exception cref="StoreUnavailableException">A durable write took longer than a second; nothing was written.</exception>
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

    /// <summary>Writes the memory tables to disk; their write-ahead logs are deleted.</summary>
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

    /// <summary>Rewrites the tables with keys from <paramref name="from"/> to <paramref name="to"/>, so that overwritten values are removed from the disk. Takes long.</summary>
    /// <returns>False if it was interrupted, because the store was closed or reopened.</returns>
    public bool Compact(RocksFamily family, byte[] from, byte[] to)
    {
        using var view = View();
        var options = Native.Instance.rocksdb_compactoptions_create();
        try
        {
            // Otherwise RocksDB's own compactions would wait for this one, and writers for them.
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

    /// <summary>Returns if the store can be read and, after a failed write, written again.</summary>
    /// <exception cref="Exception">The store does not work.</exception>
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

    /// <summary>Waits for readers; later ones are told that the store is closed.</summary>
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
            throw new IOException($"The message log '{_path}' accepts no writes; it was reopened a moment ago without success.");
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

    // Opening moves the write-ahead logs into tables. While the disk has no room for those, leave the store as it is: it can still be read.
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
            throw new IOException($"The message log '{_path}' accepts no writes until its disk has room for a file of {needed >> 20} MiB: {e.Message}", e);
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

    // Created beside its place and moved there when complete. Created in place, RocksDB would replace what a damaged store has lost (a column family, or
    // all) by nothing. One found beside is completed, not deleted: a power cut may have undone only the move.
    private static void Make(string path, ColumnFamilies families)
    {
        var aside = path + ".new";
        RocksDb.Open(Settings().SetCreateIfMissing(true).SetCreateMissingColumnFamilies(true), aside, families).Dispose();
        Directory.Move(aside, path);
    }

    // A torn tail of the write-ahead log was never acked. Damage anywhere else ends the start.
    private static DbOptions Settings()
    {
        var settings = new DbOptions()
            .SetWalRecoveryMode(Recovery.TolerateCorruptedTailRecords)
            .SetMaxTotalWalSize(256 * MiB)
            .SetBytesPerSync(MiB)
            .SetMaxBackgroundFlushes(1)
            .SetMaxBackgroundCompactions(2)
            .SetKeepLogFileNum(3);
        // All table files stay open, unless the process may have so few open files that clients would have none left.
        if (OpenFileLimit.Current is { } limit and < ManyOpenFiles)
            settings.SetMaxOpenFiles(Math.Max(LeastOpenFiles, limit / 8));
        // Each write-ahead log names the previous one, so that a missing one is noticed.
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

    // Memory tables begin to look for a key's place where the last key with its prefix was put, which is right beside it. Without this the search through random
    // memory was an eighth of the server's CPU a message (docs/performance.md).
    private static ColumnFamilyOptions HintedByPrefix(ColumnFamilyOptions options)
    {
        var setting = Marshal.StringToCoTaskMemUTF8($"memtable_insert_with_hint_prefix_extractor=fixed:{RisingPrefix}");
        Native.Instance.rocksdb_get_options_from_string(options.Handle, setting, options.Handle, out nint error);
        Marshal.FreeCoTaskMem(setting);
        return error == 0 ? options : throw new RocksDbException(error);
    }
}
