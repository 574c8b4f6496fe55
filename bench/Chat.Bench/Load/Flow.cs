using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>
/// The messages of one user in a conversation, and what became of each. Fields have one writer: the sending side is the sender's
/// reading loop (closed loop) or the pacer (open loop), the acked side the sender's reading loop, each <see cref="Received"/> its receiver's.
/// </summary>
internal sealed class Flow
{
    private readonly MessageTemplate template;
    private readonly List<Received> receivers = [];
    private readonly MessageSet acked = new();
    private readonly Queue<(long SeqNo, long DueAt)> awaitingReceipt = new();
    private int sent;
    private long lastAckedSeqNo, receiptUpTo;

    /// <param name="run">On each of its messages, <see cref="Stamp.Run"/>. Flows of one conversation have different ones.</param>
    public Flow(string conversationId, MessageTemplate template, int run)
    {
        Run = run;
        ConversationId = conversationId;
        this.template = template;
    }

    public string ConversationId { get; }
    public int Run { get; }
    public int Sent => Volatile.Read(ref sent);
    public int Acked => acked.Count;
    /// <summary>What must have arrived, at all receivers together.</summary>
    public long Expected => (long)Acked * receivers.Count;
    /// <summary>At all receivers together.</summary>
    public long Arrived => receivers.Sum(receiver => (long)receiver.Messages.Count);
    public long NotQueued { get; private set; }
    public long AcksOutOfOrder { get; private set; }
    /// <summary>A receiver is on another server than the sender.</summary>
    public bool IsAcross { get; private set; }
    public bool IsQuiet => Acked >= Sent && Arrived >= (long)Sent * receivers.Count;

    /// <summary>Messages whose sender was told that they are safe, and that did not come to a receiver. Read it when all is quiet.</summary>
    public long AckedButMissing => receivers.Sum(receiver => acked.CountWithout(receiver.Messages));

    /// <summary>Call it before the first message.</summary>
    public Received AddReceiver(bool isAcross)
    {
        var receiver = new Received(isAcross);
        receivers.Add(receiver);
        IsAcross |= isAcross;
        return receiver;
    }

    /// <summary>Posts the next message; it leaves with the socket's next flush.</summary>
    /// <returns>False when the connection is so far behind that the message was not even queued.</returns>
    public bool PostNext(IFrameSink sink, long dueAt)
    {
        var frame = template.Frame.AsSpan();
        new Stamp(dueAt, sent, Run).Write(frame[template.ClientMsgIdAt..]);
        frame.Slice(template.ClientMsgIdAt, Stamp.Length).CopyTo(frame[template.TextAt..]);
        // Counted before it leaves: the answer may come on another thread.
        Volatile.Write(ref sent, sent + 1);
        if (sink.Post(frame))
            return true;
        Volatile.Write(ref sent, sent - 1);
        NotQueued++;
        return false;
    }

    public bool TryOnSent(ReadOnlySpan<byte> clientMsgId, long seqNo, out long dueAt)
    {
        dueAt = 0;
        if (!Stamp.TryRead(clientMsgId, out var stamp) || stamp.Run != Run || !acked.Add(stamp.Index))
            return false;
        dueAt = stamp.DueAt;
        if (seqNo <= lastAckedSeqNo)
            AcksOutOfOrder++;
        lastAckedSeqNo = seqNo;
        awaitingReceipt.Enqueue((seqNo, dueAt));
        return true;
    }

    /// <summary>Takes a cumulative receipt, which may overtake the ack of a message that it covers.</summary>
    public void OnReceipt(long seqNo) => receiptUpTo = Math.Max(receiptUpTo, seqNo);

    /// <summary>One message after the other that is both acked and covered by a receipt.</summary>
    public bool TryTakeReceipt(out long dueAt)
    {
        dueAt = 0;
        if (!awaitingReceipt.TryPeek(out var first) || first.SeqNo > receiptUpTo)
            return false;
        dueAt = awaitingReceipt.Dequeue().DueAt;
        return true;
    }
}
