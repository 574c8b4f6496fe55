using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Contracts;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Log.Embedded;

/// <summary>
/// The embedded log as a feed. Message ids begin with the <see cref="Activity"/>, which the writer assigns in the order of the appends, and the
/// family <c>ids</c> is written in the append's batch. So this family is the feed, and an append costs no more (docs/adr/0009).
/// </summary>
internal sealed partial class RocksMessageLog
{
    /// <summary>The log's store, for data that is derived from the log and stored beside it.</summary>
    public RocksStore Store => _store;

    /// <summary>What was appended after a position, ascending, at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<FeedEntry> ReadFeed(Activity after, int limit)
    {
        var found = new List<FeedEntry>();
        Span<byte> bound = stackalloc byte[16];
        new Activity(after.Value + 1).WriteTo(bound);
        using var view = _store.View();
        using var ids = view.Walk(_ids);
        for (ids.Seek(bound.ToArray()); found.Count < limit && ids.Valid(); ids.Next())
        {
            var (conversation, seqNo) = LogKeys.ReadLocation(ids.GetValueSpan());
            found.Add(new FeedEntry(Activity.ReadFrom(ids.GetKeySpan()).Value, conversation, seqNo));
        }
        ids.ThrowIfDamaged();
        return found;
    }

    /// <summary>The newest message of each conversation as an entry of the feed, in their order; null if there is none.</summary>
    public IReadOnlyList<FeedEntry?> ReadNewest(IReadOnlyList<ConversationId> conversations) => WalkNewest<FeedEntry?>(
        conversations, (conversation, seqNo, message) => new FeedEntry(Activity.ReadFrom(MessageCodec.IdOf(message)).Value, conversation, seqNo));

    public ValueTask<IReadOnlyList<Head?>> GetHeadsAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<Head?>>(WalkNewest<Head?>(
            conversations, (_, seqNo, message) => new Head(seqNo, Activity.ReadFrom(MessageCodec.IdOf(message)))));

    public ValueTask<IReadOnlyList<LoggedMessage?>> ReadNewestAsync(IReadOnlyList<ConversationId> conversations, CancellationToken ct)
    {
        var found = WalkNewest(conversations, MessageCodec.Decode);
        using var view = _store.View();
        for (var i = 0; i < found.Length; i++)
            found[i] = found[i] is { } message ? _states.Join(view, message) : null;
        return ValueTask.FromResult<IReadOnlyList<LoggedMessage?>>(found);
    }

    private delegate T ReadMessage<T>(ConversationId conversation, SeqNo seqNo, ReadOnlySpan<byte> message);

    private T?[] WalkNewest<T>(IReadOnlyList<ConversationId> conversations, ReadMessage<T> read)
    {
        var found = new T?[conversations.Count];
        using var view = _store.View();
        using var messages = view.Walk(_messages);
        for (var i = 0; i < found.Length; i++)
        {
            if (SeekHead(messages, conversations[i]) is { } seqNo)
                found[i] = read(conversations[i], seqNo, messages.GetValueSpan());
        }
        return found;
    }

    private static SeqNo? SeekHead(Iterator messages, ConversationId conversation)
    {
        var bound = LogKeys.Message(conversation, new SeqNo(SeqNo.MaxValue));
        messages.SeekForPrev(bound);
        messages.ThrowIfDamaged();
        return messages.Valid() ? LogKeys.SeqNoOf(messages.GetKeySpan(), bound) : null;
    }
}
