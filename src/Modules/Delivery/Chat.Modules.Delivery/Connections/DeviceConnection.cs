using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// One live connection of a device: what it is owed, what it was sent, what it has acked. Messages are pushed as they come while the device
/// keeps up in a conversation, and read from the log where it does not: nothing but their conversations is kept for it. One pump at a time
/// writes to the connection (DeviceConnection.Pump.cs).
/// </summary>
internal sealed partial class DeviceConnection : IAttachedConnection, IThreadPoolWorkItem
{
    private readonly IClientConnection _client;
    private readonly Action<DeviceConnection> _ended;
    private readonly ConnectionServices _services;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();

    // All below are guarded by _gate.
    private readonly FeedTable _feeds = new();
    private readonly Outbox _outbox;
    private TaskCompletionSource? _roomForAnswers;
    private int _forgotten;
    private bool _resyncing;
    private bool _goingAway;
    private bool _closed;

    /// <param name="id">Its name on this node.</param>
    /// <param name="client">What it writes to.</param>
    /// <param name="welcome">Goes out first: others may find the connection in the table before it is opened.</param>
    /// <param name="ended">Called once, when it has ended.</param>
    /// <param name="services">What all connections need.</param>
    public DeviceConnection(ConnectionId id, IClientConnection client, ServerEvent welcome, Action<DeviceConnection> ended, ConnectionServices services)
    {
        Id = id;
        _client = client;
        _ended = ended;
        _services = services;
        _outbox = new Outbox(services.Options.MaxPendingEvents, services.Options.MaxPendingBytes, services.Options.MaxPendingAnswers, services.Options.MaxPendingAnswerBytes);
        _outbox.AddAnswer(welcome);
        _drainDue = true;
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

    /// <summary>Begins: the welcome, then the drain.</summary>
    public void Open() => Schedule();

    /// <summary>A message was appended to a conversation that is pushed. May be called in any order and more than once.</summary>
    public void Push(MessageAppended appended, MessageEvent pushed)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            var feed = _feeds.Get(appended.Message.Conversation);
            if (!feed.IsLoaded || appended.Message.SeqNo > feed.Pushed)
                PushOrQueue(feed, appended, pushed);
        }
        Schedule();
    }

    /// <summary>A conversation has messages up to a place, which are to be read from the log.</summary>
    public void Advance(ConversationId conversation, SeqNo head)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            var feed = _feeds.Get(conversation);
            feed.Extend(head);
            if (!feed.IsLoaded || feed.IsBehind)
                _feeds.QueueToRead(feed);
        }
        Schedule();
    }

    /// <summary>The user's membership has begun or changed: its place in the conversation is looked up, and what the log has above it is read.</summary>
    public void Join(ConversationId conversation)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            var feed = _feeds.Get(conversation);
            feed.SeeksEnd = true;
            _feeds.QueueToRead(feed);
        }
        Schedule();
    }

    /// <summary>Something that is not a message, and is not kept for the absent. Where it finds no room, the connection resyncs.</summary>
    public void Tell(ServerEvent item)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            if (_resyncing)
            {
                _services.Metrics.Dropped();
                return;
            }
            if (_outbox.HasRoom)
                _outbox.Add(item);
            else
                BeginResync();
        }
        Schedule();
    }

    public async ValueTask ReplyAsync(ServerEvent answer, CancellationToken ct)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_closed)
                    return;
                if (_outbox.HasRoomFor(answer))
                {
                    _outbox.AddAnswer(answer);
                    break;
                }
                room = (_roomForAnswers ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await room.WaitAsync(ct);
        }
        // On the door's own thread: an ack need not wait for another one to wake.
        if (TryBegin())
            _ = PumpAsync();
    }

    /// <summary>The device says that it has everything up to a place.</summary>
    /// <param name="conversation">Where.</param>
    /// <param name="seqNo">Up to here.</param>
    /// <param name="head">The conversation's head where the caller has looked it up; else what this connection knows of must suffice.</param>
    /// <param name="acked">Receives the messages in flight that this acks, ascending.</param>
    public AckOutcome Ack(ConversationId conversation, SeqNo seqNo, SeqNo? head, List<InFlightMessage> acked)
    {
        lock (_gate)
        {
            if (!_feeds.TryFind(conversation, out var feed) || !feed.IsLoaded)
                return AckOutcome.NotTracked;
            if (head is { } known)
                feed.Extend(known);
            if (seqNo > feed.Target)
                return AckOutcome.BeyondKnown;
            if (!_feeds.Ack(feed, seqNo, acked))
                return AckOutcome.Ignored;
        }
        foreach (var message in acked)
        {
            if (!message.Own)
                _services.Metrics.Acked(message.PushedAt);
        }
        Schedule();
        return AckOutcome.Counted;
    }

    /// <summary>The device's user is no longer in the conversation: nothing of it is sent any more, and what is in flight holds up nothing else.</summary>
    public void Leave(ConversationId conversation)
    {
        lock (_gate)
        {
            _forgotten++;
            _feeds.Remove(conversation);
        }
        Schedule();
    }

    /// <summary>The device has acked something of a conversation that its user is no longer in: what is in flight there makes room.</summary>
    public void Release(ConversationId conversation)
    {
        lock (_gate)
            _feeds.Remove(conversation);
        Schedule();
    }

    /// <summary>Tells the client to reconnect after a pause; not dropped, however much waits.</summary>
    public void SendGoAway(TimeSpan after)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _outbox.AddAnswer(new GoAwayEvent(after));
        }
        Schedule();
    }

    /// <summary>Closes as the node goes away, once what waits is written: the acks of what the client has sent, and that it should go.</summary>
    public void CloseWhenWritten()
    {
        lock (_gate)
            _goingAway = true;
        Schedule();
    }

    public void Close(CloseReason reason)
    {
        if (Detach())
            _client.Close(reason);
    }

    public void Dispose() => Detach();

    // Whether it was this call that ended it.
    private bool Detach()
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _closed = true;
            _roomForAnswers?.TrySetResult();
            _firstDrain.TrySetResult();
        }
        _ended(this);
        _closing.Cancel();
        // The pump has the last word: it says that the connection has ended.
        Schedule();
        return true;
    }

    private void PushOrQueue(ConversationFeed feed, MessageAppended appended, MessageEvent pushed)
    {
        var message = appended.Message;
        feed.Extend(message.SeqNo);
        if (!feed.IsLoaded || feed.Queued || feed.Draining || feed.Pushed < appended.Previous)
            _feeds.QueueToRead(feed);
        else if (message.Sender == Device)
            _feeds.PassOver(feed, message);
        else if (_resyncing || !_outbox.HasRoomForMessages || _feeds.Unacked >= _services.Options.UnackedWindow)
            _feeds.QueueToRead(feed);
        else
            Push(feed, message, pushed);
    }

    private void Push(ConversationFeed feed, LoggedMessage message, MessageEvent pushed)
    {
        _feeds.Push(feed, message, _services.Metrics.Now, TimeSpan.FromMilliseconds(_services.Options.ResendAfterMs));
        _outbox.Add(pushed);
        _services.Metrics.Pushed();
    }

    private void BeginResync()
    {
        var dropped = _outbox.DropEvents();
        _feeds.RollBack(dropped.OfType<MessageEvent>().GroupBy(item => item.Message.Conversation)
            .ToDictionary(items => items.Key, items => new SeqNo(items.Min(item => item.Message.SeqNo.Value))));
        _overdue.Clear();
        _resyncing = _drainDue = true;
        _caughtUpDue = false;
        _outbox.AddAnswer(new ResyncEvent());
        _services.Metrics.Resynced(dropped.Count);
    }
}

/// <summary>What became of an ack.</summary>
internal enum AckOutcome
{
    /// <summary>The device's cursor is at least there now.</summary>
    Counted,

    /// <summary>It is above what was dropped from this connection: the device cannot mean it.</summary>
    Ignored,

    /// <summary>This connection has nothing pushed of the conversation; the cursor has not moved.</summary>
    NotTracked,

    /// <summary>It is above what this connection knows of: ask the log.</summary>
    BeyondKnown,
}
