using RocksDbSharp;

namespace Chat.BuildingBlocks.Storage.Rocks;

/// <summary>A RocksDB with the project's settings: column families by name, writes that are synced before they return.</summary>
public sealed class RocksStore : IDisposable
{
    private const ulong MiB = 1UL << 20;

    private readonly WriteOptions _synced = new WriteOptions().SetSync(true);

    private RocksStore(RocksDb db) => Db = db;

    public RocksDb Db { get; }

    /// <exception cref="StorageException">The files are damaged, or cannot be used.</exception>
    public static RocksStore Open(string path, params ReadOnlySpan<string> families)
    {
        var cache = Cache.CreateLru(128 * MiB);
        var all = new ColumnFamilies(FamilySettings(cache));
        foreach (var family in families)
            all.Add(family, FamilySettings(cache));
        try
        {
            if (!Directory.Exists(path))
                Make(path, all);
            return new RocksStore(RocksDb.Open(Settings(), path, all));
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

    public ColumnFamilyHandle Family(string name) => Db.GetColumnFamily(name);

    /// <summary>Writes all of the batch or nothing; on disk when it returns.</summary>
    public void WriteDurably(WriteBatch batch) => Db.Write(batch, _synced);

    /// <summary>Writes a consistent copy into a new folder while the server runs on; files are linked where the disk allows it.</summary>
    public void BackUpTo(string folder)
    {
        using var checkpoint = Db.Checkpoint();
        checkpoint.Save(folder, 0);
    }

    public void Dispose() => Db.Dispose();

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
