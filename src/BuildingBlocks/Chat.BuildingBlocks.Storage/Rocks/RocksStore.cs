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
            return new RocksStore(RocksDb.Open(Settings(), path, all));
        }
        catch (RocksDbException e)
        {
            throw new StorageException(
                $"The message log '{path}' cannot be opened: {e.Message} Put back a backup of the folder, or move it away to begin with an empty log.", e);
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

    // A torn tail of the write-ahead log is an append that was never acked; damage anywhere else is refused at start.
    private static DbOptions Settings() => new DbOptions()
        .SetCreateIfMissing(true)
        .SetCreateMissingColumnFamilies(true)
        .SetWalRecoveryMode(Recovery.TolerateCorruptedTailRecords)
        .SetMaxTotalWalSize(256 * MiB)
        .SetBytesPerSync(MiB)
        .SetMaxBackgroundFlushes(1)
        .SetMaxBackgroundCompactions(2)
        .SetKeepLogFileNum(3);

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
