using RocksDbSharp;

namespace Chat.BuildingBlocks.Storage.Rocks;

/// <summary>A column family of a <see cref="RocksStore"/>; the same object after the store is reopened.</summary>
public sealed class RocksFamily
{
    internal RocksFamily(string name) => Name = name;

    public string Name { get; }

    /// <summary>Valid while a <see cref="RocksView"/> is held.</summary>
    public ColumnFamilyHandle Handle { get; internal set; } = null!;
}

/// <summary>An open <see cref="RocksStore"/>. Dispose it soon, on the same thread.</summary>
public readonly ref struct RocksView : IDisposable
{
    private readonly ReaderWriterLockSlim _open;

    internal RocksView(RocksDb db, ReaderWriterLockSlim open) => (Db, _open) = (db, open);

    public RocksDb Db { get; }

    /// <summary>Null if the key has no value.</summary>
    public byte[]? Get(ReadOnlySpan<byte> key, RocksFamily family) => Db.Get(key, family.Handle);

    /// <summary>Dispose it before the view.</summary>
    public Iterator Walk(RocksFamily family) => Db.NewIterator(family.Handle);

    public void Dispose() => _open.ExitReadLock();
}
