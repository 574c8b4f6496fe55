using Chat.BuildingBlocks.Ids;

namespace Chat.Modules.Delivery.Connections;

/// <summary>What a conversation has for a drain: the messages above <paramref name="Start"/>, up to <paramref name="Head"/>.</summary>
internal readonly record struct DrainSpan(SeqNo Start, SeqNo Head);

/// <summary>
/// The conversations that a drain has still to read, in order. Filled before the connection has it; from then on guarded by the connection's
/// gate, and each call takes constant time.
/// </summary>
internal sealed class DrainList
{
    private readonly Dictionary<ConversationId, DrainSpan> _spans = [];
    private readonly Queue<ConversationId> _order = new();

    public int Count => _spans.Count;

    public void Add(ConversationId conversation, DrainSpan span)
    {
        _spans.Add(conversation, span);
        _order.Enqueue(conversation);
    }

    /// <summary>Takes a conversation before its turn.</summary>
    public bool TryTake(ConversationId conversation, out DrainSpan span) => _spans.Remove(conversation, out span);

    /// <summary>Whose turn it is; false where that one was taken before its turn, and the next may be asked for.</summary>
    public bool TryNext(out ConversationId conversation) => _order.TryDequeue(out conversation) && _spans.ContainsKey(conversation);
}
