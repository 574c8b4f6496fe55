using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// One live connection of a device. Each call changes its parts (window, send queue, drain, resync) under one lock, the gate, and wakes the pump for steps that
/// are due.
/// </summary>
internal sealed class DeviceConnection : IAttachedConnection
{
    private readonly IClientConnection _client;
    private readonly Action<DeviceConnection> _onEnded;
    private readonly ConnectionServices _services;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Pump _pump;

    // All below are guarded by _gate.
    private readonly SendQueue _sendQueue;
    private readonly SendWindow _window;
    private readonly Drain _drain;
    private readonly Resync _resync;
    private readonly MessagePusher _pusher;
    private readonly ConnectionSteps _steps;
    private bool _closed;

    private volatile bool _hasEnded;
    private long _order;

    /// <param name="welcome">Sent first: events may arrive before the connection is opened.</param>
    /// <param name="onEnded">Called once, when the connection has ended.</param>
    public DeviceConnection(
        ConnectionId id, IClientConnection client, ServerEvent welcome, Action<DeviceConnection> onEnded, ConnectionServices services)
    {
        (Id, _client, _onEnded, _services) = (id, client, onEnded, services);
        _sendQueue = new SendQueue(
            services.Options.MaxPendingEvents, services.Options.MaxPendingBytes, services.Options.MaxPendingAnswers, services.Options.MaxPendingAnswerBytes);
        _window = new SendWindow(services.Options, services.Clock);
        _drain = new Drain(_gate, Device, _sendQueue, _window, services);
        _resync = new Resync(_sendQueue, _window, _drain, services.Metrics);
        _pusher = new MessagePusher(Device, _sendQueue, _window, _drain, _resync, services.Metrics);
        var reader = new LogReader(_gate, Device, _sendQueue, _window, _drain, _pusher, services);
        _steps = new ConnectionSteps(this, client, _gate, _sendQueue, _window, _drain, _resync, reader, services, _closing.Token);
        _pump = new Pump(_gate, _steps);
        _sendQueue.AddAnswer(welcome);
    }

    public ConnectionId Id { get; }

    public DeviceAddress Device => _client.Device;

    public bool IsClosed
    {
        get
        {
            lock (_gate)
                return _closed;
        }
    }

    /// <summary>Closed, its client told, and no longer among the node's connections.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>
    /// Orders the device's connections on all nodes: the highest is the newest. 0 until it is known. Only <see cref="Relay.ConnectionRegistrar"/> sets it.
    /// </summary>
    public long Order { get => Volatile.Read(ref _order); set => Volatile.Write(ref _order, value); }

    /// <summary>Starts the pump: it sends the welcome, then drains.</summary>
    /// <param name="holdsDrain">The drain waits for <see cref="BeginDrain"/>.</param>
    public void Open(bool holdsDrain = false)
    {
        if (holdsDrain)
        {
            lock (_gate)
                _drain.Hold();
        }
        _pump.Schedule();
    }

    /// <inheritdoc cref="Drain.Begin"/>
    public bool BeginDrain()
    {
        bool wasHeld;
        lock (_gate)
            wasHeld = _drain.Begin();
        _pump.Schedule();
        return wasHeld;
    }

    /// <inheritdoc cref="Drain.Again"/>
    public void DrainAgain()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _drain.Again();
        }
        _pump.Schedule();
    }

    /// <summary>A message was appended to a conversation that is pushed. May be called in any order and more than once.</summary>
    /// <param name="appended">The message.</param>
    /// <param name="pushed">What is sent; null for the device that sent it.</param>
    public void Push(MessageAppended appended, EntryEvent? pushed)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _pusher.Push(appended, pushed);
        }
        _pump.Schedule();
    }

    /// <summary>The same, of something that is a hole to the user.</summary>
    public void Pass(MessageAppended appended) => Push(appended with { Message = MemberLog.ToHole(appended.Message) }, null);

    /// <summary>The log has messages of the conversation up to a seqNo: those not pushed are read.</summary>
    public void Advance(ConversationId conversation, SeqNo head)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            var window = _window.Get(conversation);
            window.RaiseHead(head);
            if (!window.IsLoaded || window.HasUnpushed)
                _window.QueueToRead(window);
        }
        _pump.Schedule();
    }

    /// <summary>The user joined the conversation, or its membership changed: messages since it joined are read from the log.</summary>
    public void Join(ConversationId conversation)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            var window = _window.Get(conversation);
            window.ReadsToEnd = true;
            _window.QueueToRead(window);
        }
        _pump.Schedule();
    }

    /// <inheritdoc cref="Drain.Leave"/>
    public void Leave(ConversationId conversation)
    {
        lock (_gate)
            _drain.Leave(conversation);
        _pump.Schedule();
    }

    /// <summary>The device acked something of a conversation that its user has left: removes its messages in flight.</summary>
    public void Release(ConversationId conversation)
    {
        lock (_gate)
            _window.Remove(conversation);
        _pump.Schedule();
    }

    /// <summary>Sends an event that is not a message, and is not kept for absent devices. If there is no room, the connection resyncs.</summary>
    public void Tell(ServerEvent item)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            if (_resync.IsPending)
            {
                _services.Metrics.Dropped();
                return;
            }
            if (_sendQueue.HasRoom)
                _sendQueue.Add(item);
            else
                _resync.Begin();
        }
        _pump.Schedule();
    }

    public async ValueTask ReplyAsync(ServerEvent answer, bool moreFollow, CancellationToken ct)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_closed)
                    return;
                if (_sendQueue.HasRoomFor(answer))
                {
                    _sendQueue.AddAnswer(answer);
                    break;
                }
                room = _sendQueue.RoomForAnswers;
            }
            await room.WaitAsync(ct);
        }
        // On the caller's thread, so that an ack does not wait for another thread; but not if more answers follow.
        if (moreFollow)
            _pump.Schedule();
        else
            _pump.Run();
    }

    /// <summary>The device has everything up to a seqNo.</summary>
    /// <param name="head">The conversation's head, if the caller has read it; else the head that this connection knows is used.</param>
    /// <param name="acked">Receives the messages in flight that this acks, ascending.</param>
    public AckOutcome Ack(ConversationId conversation, SeqNo seqNo, SeqNo? head, List<InFlightMessage> acked)
    {
        lock (_gate)
        {
            if (!_window.TryFind(conversation, out var window) || !window.IsLoaded)
                return AckOutcome.NotTracked;
            if (head is { } known)
                window.RaiseHead(known);
            if (seqNo > window.Head)
                return AckOutcome.BeyondKnown;
            if (!_window.Ack(window, seqNo, acked))
                return AckOutcome.Ignored;
        }
        var now = _services.Metrics.Now;
        foreach (var message in acked)
        {
            if (!message.Own)
                _services.Metrics.Acked(message.PushedAt, now);
        }
        _pump.Schedule();
        return AckOutcome.Counted;
    }

    public async ValueTask RepairAsync(ConversationId conversation, SeqNo lastSeen, CancellationToken ct)
    {
        await new Repair(_gate, Device, _sendQueue, _window, _drain, _resync, _pusher, _services).RunAsync(conversation, lastSeen, ct);
        _pump.Schedule();
    }

    /// <summary>Sends messages again that were not acked in time, and retries steps that failed because a store did not answer.</summary>
    /// <returns>Whether it may have to again: else it adds itself to the <see cref="ResendList"/> when it does.</returns>
    public bool ResendOverdue()
    {
        bool mayAgain;
        lock (_gate)
        {
            mayAgain = _steps.RetryStore();
            // Messages that still wait to be written cannot have been acked.
            if (_sendQueue.Count == 0 && !_pump.IsRunning)
                _window.QueueOverdue();
        }
        _pump.Schedule();
        return mayAgain;
    }

    /// <summary>Tells the client to reconnect after a pause. Never dropped.</summary>
    public void SendGoAway(TimeSpan after)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _sendQueue.AddAnswer(new GoAwayEvent(after));
        }
        _pump.Schedule();
    }

    /// <summary>Closes the connection with GoingAway, after everything waiting is written: acks, and <c>goAway</c>.</summary>
    public void CloseWhenWritten()
    {
        lock (_gate)
            _steps.CloseWhenWritten();
        _pump.Schedule();
    }

    public void Close(CloseReason reason) => End(reason);

    public void Dispose() => End(null);

    /// <param name="reason">Null where the client has ended the connection, and is not told.</param>
    private void End(CloseReason? reason)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _steps.End();
            _sendQueue.End();
            _drain.End();
        }
        try
        {
            _onEnded(this);
            _closing.Cancel();
            // The pump's last step tells the other modules that the connection has ended.
            _pump.Schedule();
            if (reason is { } told)
                _client.Close(told);
        }
        finally
        {
            _hasEnded = true;
        }
    }
}
