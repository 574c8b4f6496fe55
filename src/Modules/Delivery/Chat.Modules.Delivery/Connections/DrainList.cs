using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Connections;

/// <summary>What a drain must send of a conversation: the messages above <paramref name="Start"/>, up to <paramref name="Head"/>.</summary>
/// <param name="WithOwn">Whether the device's own are among them, as their acks may have been lost.</param>
internal readonly record struct DrainSpan(SeqNo Start, SeqNo Head, bool WithOwn = true);

/// <summary>
/// The conversations that a drain must still read, in order. Filled before the connection uses it, then guarded by the connection's gate. Each call takes
/// constant time.
/// </summary>
internal sealed class DrainList
{
    // Null until something is added: most connections have nothing to drain.
    private Dictionary<ConversationId, DrainSpan>? _spans;
    private Queue<ConversationId>? _order;

    public int Count => _spans?.Count ?? 0;

    public void Add(ConversationId conversation, DrainSpan span)
    {
        (_spans ??= []).Add(conversation, span);
        (_order ??= new()).Enqueue(conversation);
    }

    /// <summary>Takes a conversation out of order.</summary>
    public bool TryTake(ConversationId conversation, out DrainSpan span)
    {
        span = default;
        return _spans is not null && _spans.Remove(conversation, out span);
    }

    /// <summary>The next conversation; false if that one was taken out of order, then call again.</summary>
    public bool TryNext(out ConversationId conversation)
    {
        conversation = default;
        return _order is not null && _order.TryDequeue(out conversation) && _spans!.ContainsKey(conversation);
    }
}
