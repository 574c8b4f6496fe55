using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Contracts;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// Erases contents in the embedded log. The value is overwritten without its content at once; <see cref="Sweep"/> removes the old value from the files. The
/// keys that wait for that are stored in the default family (<see cref="LogKeys.Erased"/>), so that a restart loses none.
/// </summary>
internal sealed class RocksErasure(RocksStore store, RocksFamily messages)
{
    // The most stored keys in memory at a time.
    private const int MaxKeys = 100_000;

    // The number of ranges that are compacted: so a table is rewritten once or twice, however many of its messages were erased.
    private const int MaxRanges = 16;

    /// <exception cref="StoreUnavailableException">The content may have been erased.</exception>
    public void Erase(ConversationId conversation, SeqNo seqNo)
    {
        var key = LogKeys.Message(conversation, seqNo);
        try
        {
            store.ReopenIfFailed();
            using var batch = new WriteBatch();
            using (var view = store.View())
            {
                if (view.Get(key, messages) is not { } value)
                    return;
                var erased = MessageCodec.Decode(conversation, seqNo, value) with { Content = MessageContent.Erased };
                batch.Put((ReadOnlySpan<byte>)key, MessageCodec.Encode(erased), messages.Handle);
                batch.Put((ReadOnlySpan<byte>)LogKeys.Erased(key), []);
            }
            store.WriteDurably(batch);
        }
        catch (Exception e) when (e is IOException or RocksDbException)
        {
            throw new StoreUnavailableException("The log takes no writes; the content may have been erased.", e);
        }
    }

    /// <summary>When it returns, contents erased before the call are in no file of the log. Takes as long as rewriting their tables.</summary>
    /// <returns>The number of contents.</returns>
    public int Sweep()
    {
        var swept = 0;
        while (ReadNoted() is { Count: > 0 } keys)
        {
            // The write-ahead logs contain the contents too. They are deleted when everything in them is in tables.
            store.Flush();
            foreach (var range in keys.Chunk((keys.Count + MaxRanges - 1) / MaxRanges))
            {
                // Interrupted because the server stops: the next start does the rest.
                if (!store.Compact(messages, range[0], range[^1]))
                    return swept;
            }
            using var batch = new WriteBatch();
            foreach (var key in keys)
                batch.Delete(LogKeys.Erased(key));
            store.WriteDurably(batch);
            swept += keys.Count;
        }
        return swept;
    }

    // Ascending.
    private List<byte[]> ReadNoted()
    {
        var keys = new List<byte[]>();
        using var view = store.View();
        using var noted = view.Db.NewIterator();
        for (noted.Seek(LogKeys.Erased([])); keys.Count < MaxKeys && noted.Valid() && LogKeys.KeyOfErased(noted.GetKeySpan()) is { } key; noted.Next())
            keys.Add(key);
        noted.ThrowIfDamaged();
        return keys;
    }
}
