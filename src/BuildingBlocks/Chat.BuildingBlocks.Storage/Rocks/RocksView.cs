using RocksDbSharp;

namespace Chat.BuildingBlocks.Storage.Rocks;

/// <summary>A column family of a <see cref="RocksStore"/>, however often that is opened.</summary>
public sealed class RocksFamily
{
    internal RocksFamily(string name) => Name = name;

    public string Name { get; }

    /// <summary>Good while a <see cref="RocksView"/> is in hand.</summary>
    public ColumnFamilyHandle Handle { get; internal set; } = null!;
}

/// <summary>An open <see cref="RocksStore"/>, to be given back soon, by the same thread.</summary>
public readonly ref struct RocksView : IDisposable
{
    private readonly ReaderWriterLockSlim _open;

    internal RocksView(RocksDb db, ReaderWriterLockSlim open) => (Db, _open) = (db, open);

    public RocksDb Db { get; }

    /// <summary>Null where there is none.</summary>
    public byte[]? Get(ReadOnlySpan<byte> key, RocksFamily family) => Db.Get(key, family.Handle);

    /// <summary>To be disposed of before the view.</summary>
    public Iterator Walk(RocksFamily family) => Db.NewIterator(family.Handle);

    public void Dispose() => _open.ExitReadLock();
}
