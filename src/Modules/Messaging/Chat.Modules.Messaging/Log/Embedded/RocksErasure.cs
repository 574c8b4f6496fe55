using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// Erases contents in the embedded log. The value is overwritten without its content at once; <see cref="Sweep"/> removes the old value from the files. The
/// keys that wait for that are stored in the default family (<see cref="LogKeys.Erased"/>), so that a restart loses none.
/// </summary>
internal sealed class RocksErasure(RocksStore store, RocksFamily messages, RocksStates states)
{
    // The entries of reactions that are erased together.
    private const int EntriesAtOnce = 1_000;

    // The most stored keys in memory at a time.
    private const int MaxKeys = 100_000;

    // The number of ranges that are compacted: so a table is rewritten once or twice, however many of its messages were erased.
    private const int MaxRanges = 16;

    // Held while a state is read and written: by the writer's thread for a batch with changes, by others to erase.
    private readonly Lock _changing = new();

    /// <summary>Nothing is erased until it is disposed.</summary>
    public Lock.Scope Exclude() => _changing.EnterScope();

    /// <summary>Erases a message with its edits and its state, or another entry.</summary>
    /// <exception cref="StoreUnavailableException">The content may have been erased.</exception>
    public void Erase(ConversationId conversation, SeqNo seqNo)
    {
        try
        {
            store.ReopenIfFailed();
            using var changing = Exclude();
            using var batch = new WriteBatch();
            using (var view = store.View())
            {
                if (states.ReadStored(view, conversation, seqNo) is not { } entry)
                    return;
                RocksProjection.EraseContent(batch, messages, entry);
                foreach (var edit in entry.State?.Edits ?? [])
                {
                    if (states.ReadStored(view, conversation, edit) is { } found)
                        RocksProjection.EraseContent(batch, messages, found);
                }
                // Of what is over not even the place is shown.
                if (entry.State is { } state && (state.Deletion is null || states.Expiry.IsOver(entry)))
                {
                    batch.Delete(StateKeys.State(conversation, seqNo));
                    batch.Delete(StateKeys.Pin(conversation, seqNo));
                    RocksProjection.Forget(batch, conversation, seqNo);
                }
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
        var deleted = ReadKeys(StateKeys.AllDeleted);
        foreach (var key in deleted)
            EraseReactions(key);
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
        SweepStates(deleted);
        return swept;
    }

    // The entries of all reactions on a deleted message; their number has no limit.
    private void EraseReactions(byte[] deleted)
    {
        var (conversation, message) = StateKeys.ReadDeleted(deleted);
        var prefix = StateKeys.Reacted(conversation, message);
        for (byte[]? next = prefix; next is not null;)
        {
            using var batch = new WriteBatch();
            using (var view = store.View())
            {
                using var reacted = view.Walk(store.Default);
                var count = 0;
                for (reacted.Seek(next); reacted.Valid() && reacted.GetKeySpan().StartsWith(prefix) && count < EntriesAtOnce; reacted.Next(), count++)
                {
                    if (states.ReadStored(view, conversation, StateKeys.ReadEntry(reacted.GetKeySpan())) is { Content.Change: not null } entry)
                        RocksProjection.EraseContent(batch, messages, entry);
                }
                reacted.ThrowIfDamaged();
                next = reacted.Valid() && reacted.GetKeySpan().StartsWith(prefix) ? reacted.GetKeySpan().ToArray() : null;
            }
            store.WriteDurably(batch);
        }
    }

    // Earlier texts and who has reacted, in the default family. What is interrupted the next start does.
    private void SweepStates(List<byte[]> deleted)
    {
        foreach (var range in deleted.Chunk((deleted.Count + MaxRanges) / MaxRanges))
        {
            var (first, last) = (StateKeys.ReadDeleted(range[0]), StateKeys.ReadDeleted(range[^1]));
            using (var batch = new WriteBatch())
            {
                foreach (var (conversation, message) in range.Select(key => StateKeys.ReadDeleted(key)))
                {
                    var reacted = StateKeys.Reacted(conversation, message);
                    var end = StateKeys.EndOf(reacted);
                    batch.DeleteRange(reacted, (ulong)reacted.Length, end, (ulong)end.Length);
                }
                store.WriteDurably(batch);
            }
            store.Flush();
            if (!store.Compact(store.Default, StateKeys.State(first.Conversation, first.Message), StateKeys.State(last.Conversation, last.Message))
                || !store.Compact(store.Default, StateKeys.Reactions(first.Conversation, first.Message), StateKeys.EndOf(StateKeys.Reactions(last.Conversation, last.Message))))
                return;
            using var done = new WriteBatch();
            foreach (var key in range)
                done.Delete(key);
            store.WriteDurably(done);
        }
    }

    private List<byte[]> ReadNoted() => ReadKeys(LogKeys.Erased([])).ConvertAll(key => LogKeys.KeyOfErased(key)!);

    // Ascending.
    private List<byte[]> ReadKeys(byte[] prefix)
    {
        var keys = new List<byte[]>();
        using var view = store.View();
        using var found = view.Walk(store.Default);
        for (found.Seek(prefix); keys.Count < MaxKeys && found.Valid() && found.GetKeySpan().StartsWith(prefix); found.Next())
            keys.Add(found.GetKeySpan().ToArray());
        found.ThrowIfDamaged();
        return keys;
    }
}
