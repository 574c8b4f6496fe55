using System.Runtime.CompilerServices;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Contracts;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Log.Embedded;

// Timers, and what is over by them or by age.
internal sealed partial class RocksMessageLog : IExpiries
{
    // In the default family: the activity up to which all that is too old was erased (8 bytes).
    private static readonly byte[] EndedKey = "ended\0"u8.ToArray();

    public ValueTask<LoggedMessage?> ReadStoredAsync(ConversationId conversation, SeqNo seqNo, CancellationToken ct)
    {
        using var view = _store.View();
        return ValueTask.FromResult(_states.ReadStored(view, conversation, seqNo));
    }

    // What has expired is in an index, and what is too old at the beginning of the feed.
    public async IAsyncEnumerable<IReadOnlyList<MessageLocation>> ReadOverAsync(int limit, [EnumeratorCancellation] CancellationToken ct)
    {
        while (ReadExpired(limit) is { Count: > 0 } expired)
        {
            yield return expired.ConvertAll(key => ToPlace(StateKeys.ReadExpiry(key)));
            using var batch = new WriteBatch();
            expired.ForEach(key => batch.Delete(key));
            await WriteAsync(batch, ct);
        }
        while (ReadEnded(limit) is { Count: > 0 } ended)
        {
            yield return ended.ConvertAll(entry => new MessageLocation(entry.Conversation, entry.SeqNo));
            using var batch = new WriteBatch();
            batch.Put(EndedKey, StateKeys.Number(new SeqNo(ended[^1].Position)));
            await WriteAsync(batch, ct);
        }

        static MessageLocation ToPlace((long ExpiresAt, ConversationId Conversation, SeqNo Message) expiry) => new(expiry.Conversation, expiry.Message);
    }

    private Task WriteAsync(WriteBatch batch, CancellationToken ct) => Task.Run(() => _store.WriteDurably(batch), ct);

    private List<byte[]> ReadExpired(int limit)
    {
        var (found, now) = (new List<byte[]>(), _expiry.Now);
        using var view = _store.View();
        using var expiries = view.Walk(_store.Default);
        for (expiries.Seek(StateKeys.AllExpiries);
            found.Count < limit && expiries.Valid() && expiries.GetKeySpan().StartsWith(StateKeys.AllExpiries) && StateKeys.ReadExpiry(expiries.GetKeySpan()).ExpiresAt <= now;
            expiries.Next())
            found.Add(expiries.GetKeySpan().ToArray());
        expiries.ThrowIfDamaged();
        return found;
    }

    // Activity never falls, so nothing is ever added below what was read.
    private List<FeedEntry> ReadEnded(int limit)
    {
        if (!_expiry.EndsByAge)
            return [];
        Activity after;
        using (var view = _store.View())
            after = view.Get(EndedKey, _store.Default) is { } known ? new Activity(StateKeys.ReadEntry(known).Value) : Activity.Lowest;
        return [.. ReadFeed(after, limit).TakeWhile(entry => entry.Position <= _expiry.EndedUpTo.Value)];
    }

    public ValueTask<IReadOnlyDictionary<ConversationId, ConversationTimer>> ReadTimersAsync(IReadOnlyCollection<ConversationId> conversations, CancellationToken ct)
    {
        var found = new Dictionary<ConversationId, ConversationTimer>();
        using var view = _store.View();
        foreach (var conversation in conversations)
        {
            if (_states.ReadTimer(view, conversation) is { } timer)
                found[conversation] = timer;
        }
        return ValueTask.FromResult<IReadOnlyDictionary<ConversationId, ConversationTimer>>(found);
    }

    /// <summary>Whether a conversation ever had a timer.</summary>
    public bool HasTimer(ConversationId conversation)
    {
        using var view = _store.View();
        return _states.ReadTimer(view, conversation) is not null;
    }

    /// <summary>The timers of conversations after one, in the order of their keys; null for the first.</summary>
    public IReadOnlyList<(ConversationId Conversation, ConversationTimer Timer)> ReadTimers(ConversationId? after, int limit)
    {
        var found = new List<(ConversationId, ConversationTimer)>();
        using var view = _store.View();
        using var timers = view.Walk(_store.Default);
        for (timers.Seek(after is { } last ? [.. StateKeys.Timer(last), 0] : StateKeys.AllTimers);
            found.Count < limit && timers.Valid() && timers.GetKeySpan().StartsWith(StateKeys.AllTimers);
            timers.Next())
            found.Add((LogKeys.ReadMessage(timers.GetKeySpan()[StateKeys.AllTimers.Length..]).Conversation, StateKeys.ReadTimer(timers.GetValueSpan())));
        timers.ThrowIfDamaged();
        return found;
    }
}
