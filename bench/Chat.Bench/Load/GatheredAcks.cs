using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>
/// A receiver's delivered acks, as the client libraries say them (clients/README.md): what follows within 100 ms of one goes together, and no
/// more than 32 messages in one.
/// </summary>
internal sealed class GatheredAcks(WebSocketClient socket, string conversationId, bool each)
{
    private const int MaxWaiting = 32;
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly byte[] head = Encoding.UTF8.GetBytes($$"""{"type":"ack","conversationId":"{{conversationId}}","seqNo":""");
    private long saidAt;        // under gate, all below; 0 for never
    private long waitingSeqNo;
    private int waiting;

    /// <summary>From the reading loop, which flushes by itself.</summary>
    public void Add(long seqNo)
    {
        lock (gate)
        {
            waitingSeqNo = Math.Max(waitingSeqNo, seqNo);
            if (++waiting >= MaxWaiting || each || IsDue)
                Post();
        }
    }

    /// <summary>To be called every now and then, by anybody; and at the end for <paramref name="all"/> that waits.</summary>
    public void PostDue(bool all = false)
    {
        lock (gate)
        {
            if (waiting == 0 || !(all || IsDue))
                return;
            Post();
        }

        socket.Flush();
    }

    private bool IsDue => saidAt == 0 || Stopwatch.GetElapsedTime(saidAt) >= Gathering;

    private void Post()
    {
        Span<byte> ack = stackalloc byte[256];
        head.CopyTo(ack);
        Utf8Formatter.TryFormat(waitingSeqNo, ack[head.Length..], out var digits);
        var tail = ",\"status\":\"delivered\"}"u8;
        tail.CopyTo(ack[(head.Length + digits)..]);
        socket.Post(ack[..(head.Length + digits + tail.Length)]);
        waiting = 0;
        saidAt = Stopwatch.GetTimestamp();
    }
}
