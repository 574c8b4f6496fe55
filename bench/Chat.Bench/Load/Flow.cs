using System.Text;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>
/// The messages from one user to another, and what became of each. Fields have one writer: the sending side is the sender's
/// reading loop (closed loop) or the pacer (open loop), the acked side the sender's reading loop, the arrived side the receiver's.
/// </summary>
internal sealed class Flow
{
    private readonly byte[] frame;
    private readonly int textAt;
    private readonly int clientMsgIdAt;
    private readonly int run;
    private readonly MessageSet acked = new();
    private readonly MessageSet arrived = new();
    private readonly Queue<(long SeqNo, long DueAt)> awaitingReceipt = new();
    private int sent;
    private long lastAckedSeqNo, lastArrivedSeqNo, receiptUpTo;

    public Flow(string conversationId, int textBytes, int run)
    {
        this.run = run;
        ConversationId = conversationId;
        var head = $$"""{"type":"message","to":"{{conversationId}}","text":" """.TrimEnd();
        var middle = new string('x', textBytes) + "\",\"clientMsgId\":\"";
        frame = Encoding.UTF8.GetBytes(head + middle + new string('0', Stamp.Length) + "\"}");
        textAt = head.Length;
        clientMsgIdAt = head.Length + middle.Length;
    }

    public string ConversationId { get; }
    public int Sent => Volatile.Read(ref sent);
    public int Acked => acked.Count;
    public int Arrived => arrived.Count;
    public long NotQueued { get; private set; }
    public long Duplicates { get; private set; }
    public long AcksOutOfOrder { get; private set; }
    public long ArrivedOutOfOrder { get; private set; }

    /// <summary>Messages whose sender was told that they are safe, and that did not come. Read it when all is quiet.</summary>
    public long AckedButMissing => acked.CountWithout(arrived);

    /// <summary>Posts the next message; it leaves with the socket's next flush.</summary>
    /// <returns>False when the connection is so far behind that the message was not even queued.</returns>
    public bool PostNext(WebSocketClient socket, long dueAt)
    {
        new Stamp(dueAt, sent, run).Write(frame.AsSpan(clientMsgIdAt));
        frame.AsSpan(clientMsgIdAt, Stamp.Length).CopyTo(frame.AsSpan(textAt));
        if (!socket.Post(frame))
        {
            NotQueued++;
            return false;
        }

        Volatile.Write(ref sent, sent + 1);
        return true;
    }

    public bool TryOnSent(ReadOnlySpan<byte> clientMsgId, long seqNo, out long dueAt)
    {
        if (!TryReadOwn(clientMsgId, out var stamp, out dueAt) || !acked.Add(stamp.Index))
            return false;
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

    /// <summary>False for a message of another run, and for one that came before: at least once is allowed.</summary>
    public bool TryOnArrived(ReadOnlySpan<byte> text, long seqNo, out long dueAt)
    {
        if (!TryReadOwn(text, out var stamp, out dueAt))
            return false;
        if (!arrived.Add(stamp.Index))
        {
            Duplicates++;
            return false;
        }

        if (seqNo <= lastArrivedSeqNo)
            ArrivedOutOfOrder++;
        lastArrivedSeqNo = seqNo;
        return true;
    }

    private bool TryReadOwn(ReadOnlySpan<byte> source, out Stamp stamp, out long dueAt)
    {
        var own = Stamp.TryRead(source, out stamp) && stamp.Run == run;
        dueAt = stamp.DueAt;
        return own;
    }
}
