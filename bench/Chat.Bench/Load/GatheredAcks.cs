using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>
/// A receiver's delivered acks, as the client libraries say them (clients/README.md): what follows within 100 ms of one goes together, and no
/// more than 32 messages in one.
/// </summary>
internal sealed class GatheredAcks(WebSocketClient socket, Door door, string conversationId, bool each)
{
    private const int MaxWaiting = 32;
    private const string SeqNo = "#";   // its place in an ack
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly byte[][] ack = [.. AckOf(door, conversationId, SeqNo).Split(SeqNo).Select(Encoding.UTF8.GetBytes)];
    private readonly byte[] conversation = Encoding.UTF8.GetBytes(conversationId);
    private long saidAt;        // under gate, all below; 0 for never
    private long waitingSeqNo;
    private int waiting;

    public ReadOnlySpan<byte> Conversation => conversation;

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

    /// <summary>One ack as a frame.</summary>
    public static string AckOf(Door door, string conversationId, string seqNo)
    {
        var fields = $$"""
            "conversationId":"{{conversationId}}","seqNo":{{seqNo}},"status":"delivered"
            """;
        return door is Door.Hub ? HubFrames.Call("Ack", $"{{{fields}}}", answered: false) : $$"""{"type":"ack",{{fields}}}""";
    }

    private bool IsDue => saidAt == 0 || Stopwatch.GetElapsedTime(saidAt) >= Gathering;

    private void Post()
    {
        Span<byte> frame = stackalloc byte[320];
        ack[0].CopyTo(frame);
        Utf8Formatter.TryFormat(waitingSeqNo, frame[ack[0].Length..], out var digits);
        ack[1].CopyTo(frame[(ack[0].Length + digits)..]);
        socket.Post(frame[..(ack[0].Length + digits + ack[1].Length)]);
        waiting = 0;
        saidAt = Stopwatch.GetTimestamp();
    }
}
