using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>What comes to one user of one conversation, from all others who write there. Only the user's reading loop writes.</summary>
internal sealed class Incoming(string conversationId)
{
    private readonly Dictionary<int, Received> senders = [];
    private long lastSeqNo;

    public string ConversationId => conversationId;
    public bool IsEmpty => senders.Count == 0;
    public long Duplicates { get; private set; }
    public long OutOfOrder { get; private set; }

    /// <param name="isAcross">The sender is on another server.</param>
    public void Add(Flow sender, bool isAcross) => senders.Add(sender.Run, sender.AddReceiver(isAcross));

    /// <summary>False for a message of another run, and for one that came before: at least once is allowed.</summary>
    public bool TryOnArrived(ReadOnlySpan<byte> text, long seqNo, out long dueAt, out bool isAcross)
    {
        (dueAt, isAcross) = (0, false);
        if (!Stamp.TryRead(text, out var stamp) || !senders.TryGetValue(stamp.Run, out var sender))
            return false;
        if (!sender.Messages.Add(stamp.Index))
        {
            Duplicates++;
            return false;
        }

        if (seqNo <= lastSeqNo)
            OutOfOrder++;
        lastSeqNo = seqNo;
        (dueAt, isAcross) = (stamp.DueAt, sender.IsAcross);
        return true;
    }
}

/// <summary>Which messages of a flow have come to one receiver.</summary>
/// <param name="IsAcross">The receiver is on another server than the sender.</param>
internal sealed record Received(bool IsAcross)
{
    public MessageSet Messages { get; } = new();
}
