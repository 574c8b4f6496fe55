using System.Diagnostics;
using System.Text;
using Chat.Bench.Wire;

namespace Chat.Bench.Load;

/// <summary>One user of a conversation on its connection: sends its outgoing messages, takes and acks the incoming ones.</summary>
internal sealed class Endpoint : IFrameHandler
{
    private readonly LoadRun run;
    private readonly WebSocketClient? socket;       // none: a user who sends by REST
    private readonly Door door;
    private readonly Flow? outgoing;
    private readonly Incoming? incoming;
    private readonly IFrameHandler handler;
    private readonly IFrameSink sink;
    private readonly GatheredAcks? acks;
    private readonly TaskCompletionSource<long> caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Endpoint(LoadRun run, Seat seat, WebSocketClient? socket, Func<Action<ServerFrame>, RestSender> rest)
    {
        (this.run, this.socket, door, outgoing, incoming) = (run, socket, run.Door, seat.Outgoing, seat.Incoming);
        var xmpp = socket is not null && door is Door.Xmpp ? new XmppFrames(socket, seat.User, On) : null;
        handler = xmpp ?? (door is Door.Hub ? new HubFrames(On) : (IFrameHandler)this);
        sink = xmpp ?? socket ?? (IFrameSink)rest(On);
        // Of XMPP each message has a receipt of its own, and nothing else acks it.
        // A user who only sends acks as well: its group's notices, or its cursor would not move past them to its own messages.
        if ((incoming?.ConversationId ?? outgoing?.ConversationId) is { } conversation && socket is not null && run.AcksDelivered && door is not Door.Xmpp)
            acks = new GatheredAcks(socket, door, conversation, run.AcksEach);
    }

    public bool Sends => outgoing is not null;

    /// <summary>When it was told so, a timestamp of <see cref="Stopwatch"/>.</summary>
    public Task<long> CaughtUp => caughtUp.Task;

    public bool HasEnded => socket is { HasEnded: true };

    /// <summary>Says what a client says first, and reads until the connection ends.</summary>
    public Task ReadAsync()
    {
        if (socket is null)
        {
            caughtUp.TrySetResult(Stopwatch.GetTimestamp());
            return Task.CompletedTask;
        }

        if (door is Door.Hub)
            socket.Post(Encoding.UTF8.GetBytes(HubFrames.Handshake));
        (handler as XmppFrames)?.Start();
        socket.Flush();
        return socket.ReadAsync(handler);
    }

    /// <summary>SignalR's clients say now and then that they are there.</summary>
    public void Ping()
    {
        if (door is not Door.Hub)
            return;
        socket!.Post(HubFrames.Ping);
        socket.Flush();
    }

    public void Close() => socket?.SendClose();

    public void SendFirst(int count)
    {
        for (var i = 0; i < count; i++)
            outgoing!.PostNext(sink, Stopwatch.GetTimestamp());
        sink.Flush();
    }

    /// <summary>Sends the next message at once. <paramref name="dueAt"/> is when it should have left, and its latency starts there.</summary>
    public void Send(long dueAt)
    {
        if (outgoing!.PostNext(sink, dueAt))
            sink.Flush();
    }

    /// <summary>Says what was gathered long enough, or <paramref name="all"/>.</summary>
    public void PostDueAcks(bool all = false) => acks?.PostDue(all);

    public void OnFrame(ReadOnlySpan<byte> json) => On(ServerFrame.Parse(json));

    private void On(ServerFrame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Message:
                OnMessage(frame);
                break;
            case FrameType.Change:
                Acknowledge(frame);
                break;
            case FrameType.Ack when frame.Status == AckStatus.Sent:
                OnSent(frame);
                break;
            case FrameType.Ack:
                outgoing?.OnReceipt(frame.SeqNo);
                TakeReceipts();
                break;
            case FrameType.CaughtUp:
                caughtUp.TrySetResult(Stopwatch.GetTimestamp());
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

        Acknowledge(frame);
        if (isNew && run.TakesTurns)
            SendNext();
    }

    private void Acknowledge(ServerFrame frame)
    {
        // Of an earlier run's group nothing more is wanted than that it is acked.
        if (acks is not null && !acks.Conversation.SequenceEqual(frame.ConversationId))
            socket!.Post(Encoding.UTF8.GetBytes(GatheredAcks.AckOf(door, Encoding.UTF8.GetString(frame.ConversationId), $"{frame.SeqNo}")));
        else
            acks?.Add(frame.SeqNo);
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
            outgoing?.PostNext(sink, Stopwatch.GetTimestamp());
    }

    private void TakeReceipts()
    {
        while (outgoing is not null && outgoing.TryTakeReceipt(out var dueAt))
            run.SentToReceipt(dueAt, Stopwatch.GetTimestamp());
    }
}
