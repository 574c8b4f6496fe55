using System.Diagnostics;
using System.Text;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>One user of a conversation on its connection: sends its outgoing messages, takes and acks the incoming ones.</summary>
internal sealed class Endpoint(LoadRun run, WebSocketClient socket, Flow? outgoing, Incoming? incoming) : IFrameHandler
{
    private readonly GatheredAcks? acks = incoming is null ? null : new(socket, incoming.ConversationId, run.AcksEach);
    private readonly TaskCompletionSource caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool Sends => outgoing is not null;
    public Task CaughtUp => caughtUp.Task;

    public Task ReadAsync() => socket.ReadAsync(this);

    public void SendFirst(int count)
    {
        for (var i = 0; i < count; i++)
            outgoing!.PostNext(socket, Stopwatch.GetTimestamp());
        socket.Flush();
    }

    /// <summary>Sends the next message at once. <paramref name="dueAt"/> is when it should have left, and its latency starts there.</summary>
    public void Send(long dueAt)
    {
        if (outgoing!.PostNext(socket, dueAt))
            socket.Flush();
    }

    /// <summary>Says what was gathered long enough, or <paramref name="all"/>.</summary>
    public void PostDueAcks(bool all = false) => acks?.PostDue(all);

    public void OnFrame(ReadOnlySpan<byte> json)
    {
        var frame = ServerFrame.Parse(json);
        switch (frame.Type)
        {
            case FrameType.Message:
                OnMessage(frame);
                break;
            case FrameType.Ack when frame.Status == AckStatus.Sent:
                OnSent(frame);
                break;
            case FrameType.Ack:
                outgoing?.OnReceipt(frame.SeqNo);
                TakeReceipts();
                break;
            case FrameType.CaughtUp:
                caughtUp.TrySetResult();
                break;
            case FrameType.Resync:
                run.CountTrouble("resync");
                break;
            case FrameType.GoAway:
                run.CountTrouble("goAway");
                break;
            case FrameType.Error:
                run.CountTrouble(Encoding.UTF8.GetString(frame.Code));
                if (run.IsClosedLoop || run.TakesTurns)
                    SendNext();
                break;
        }
    }

    private void OnMessage(ServerFrame frame)
    {
        var isNew = false;
        if (incoming is not null && incoming.TryOnArrived(frame.Text, frame.SeqNo, out var dueAt, out var isAcross))
        {
            run.SentToDelivered(dueAt, Stopwatch.GetTimestamp(), isAcross);
            isNew = true;
        }

        if (run.AcksDelivered)
            acks?.Add(frame.SeqNo);
        if (isNew && run.TakesTurns)
            SendNext();
    }

    private void OnSent(ServerFrame frame)
    {
        if (outgoing is null || !outgoing.TryOnSent(frame.ClientMsgId, frame.SeqNo, out var dueAt))
            return;
        run.SentToAck(dueAt, Stopwatch.GetTimestamp(), outgoing.IsAcross);
        TakeReceipts();
        // The closed loop: what came back makes room for the next.
        if (run.IsClosedLoop)
            SendNext();
    }

    private void SendNext()
    {
        if (!run.IsStopping)
            outgoing?.PostNext(socket, Stopwatch.GetTimestamp());
    }

    private void TakeReceipts()
    {
        while (outgoing is not null && outgoing.TryTakeReceipt(out var dueAt))
            run.SentToReceipt(dueAt, Stopwatch.GetTimestamp());
    }
}
