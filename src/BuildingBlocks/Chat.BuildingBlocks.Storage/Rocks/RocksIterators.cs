using RocksDbSharp;

namespace Chat.BuildingBlocks.Storage.Rocks;

public static class RocksIterators
{
    /// <summary>Call after every walk: an iterator that meets a damaged block looks as if it had reached the end.</summary>
    /// <exception cref="RocksDbException">The walk ended on damage, not on the last key.</exception>
    public static void ThrowIfDamaged(this Iterator iterator)
    {
        Native.Instance.rocksdb_iter_get_error(iterator.Handle, out nint error);
        if (error != 0)
            throw new RocksDbException(error);
    }
}
