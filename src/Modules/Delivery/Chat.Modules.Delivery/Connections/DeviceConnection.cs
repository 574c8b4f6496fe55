using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// One live connection of a device: what it is owed, what it was sent, what it has acked. Messages are pushed as they come while the device
/// keeps up in a conversation, and read from the log where it does not: nothing but their conversations is kept for it. One pump at a time
/// writes to the connection (DeviceConnection.Pump.cs).
/// </summary>
internal sealed partial class DeviceConnection : IAttachedConnection, IThreadPoolWorkItem
{
    /// <summary>Conversations kept in mind; those with nothing owed or in flight are forgotten beyond it.</summary>
    private const int MaxIdleFeeds = 256;

    private readonly IClientConnection _client;
    private readonly ConnectionTable _table;
    private readonly ConnectionServices _services;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();

    // All below are guarded by _gate.
    private readonly Dictionary<ConversationId, ConversationFeed> _feeds = [];
    private readonly Queue<ConversationFeed> _behind = new();
    private readonly Outbox _outbox;
    private TaskCompletionSource? _roomForAnswers;
    private int _unacked;
    private int _draining;
    private int _forgotten;
    private bool _resyncing;
    private bool _goingAway;
    private bool _closed;

    /// <param name="id">Its name on this node.</param>
    /// <param name="client">What it writes to.</param>
    /// <param name="welcome">Goes out first: others may find the connection in the table before it is opened.</param>
    /// <param name="table">Where it is found.</param>
    /// <param name="services">What all connections need.</param>
    public DeviceConnection(ConnectionId id, IClientConnection client, ServerEvent welcome, ConnectionTable table, ConnectionServices services)
    {
        Id = id;
        _client = client;
        _table = table;
        _services = services;
        _outbox = new Outbox(services.Options.MaxPendingEvents, services.Options.MaxPendingBytes, services.Options.MaxPendingAnswers);
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
    public void Offer(MessageAppended appended, MessageEvent pushed)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            var message = appended.Message;
            var feed = FeedOf(message.Conversation);
            if (feed.IsLoaded && message.SeqNo <= feed.Pushed)
                return;
            feed.Extend(message.SeqNo);
            if (!feed.IsLoaded || feed.Queued || feed.Draining || feed.Pushed < appended.Previous)
                QueueToRead(feed);
            else if (message.Sender == Device)
                feed.PassOver(message);
            else if (_resyncing || !_outbox.HasRoomForMessages || _unacked >= _services.Options.UnackedWindow)
                QueueToRead(feed);
            else
                Push(feed, message, pushed);
        }
        Schedule();
    }

    /// <summary>A conversation has messages up to a place, which are to be read from the log.</summary>
    public void OfferHead(ConversationId conversation, SeqNo head)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            var feed = FeedOf(conversation);
            feed.Extend(head);
            if (!feed.IsLoaded || feed.IsBehind)
                QueueToRead(feed);
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
                if (_outbox.HasRoomForAnswers)
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
            if (!_feeds.TryGetValue(conversation, out var feed) || !feed.IsLoaded)
                return AckOutcome.NotFollowed;
            if (head is { } known)
                feed.Extend(known);
            if (seqNo > feed.Target)
                return AckOutcome.BeyondKnown;
            var (unacked, draining) = (feed.Unacked, feed.Draining);
            if (!feed.Ack(seqNo, acked))
                return AckOutcome.Ignored;
            Account(feed, unacked, draining);
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
    public void Forget(ConversationId conversation)
    {
        lock (_gate)
        {
            _forgotten++;
            Unfollow(conversation);
        }
        Schedule();
    }

    /// <summary>The device has acked something of a conversation that its user is no longer in: what is in flight there makes room.</summary>
    public void Release(ConversationId conversation)
    {
        lock (_gate)
            Unfollow(conversation);
        Schedule();
    }

    /// <summary>Tells the client to reconnect after a pause; not dropped, however much waits.</summary>
    public void TellToGo(TimeSpan after)
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
        _table.Remove(this);
        _closing.Cancel();
        // The pump has the last word: it says that the connection has ended.
        Schedule();
        return true;
    }

    private ConversationFeed FeedOf(ConversationId conversation)
    {
        if (_feeds.TryGetValue(conversation, out var known))
            return known;
        if (_feeds.Count >= MaxIdleFeeds)
            ForgetIdle();
        var feed = new ConversationFeed(conversation);
        _feeds.Add(conversation, feed);
        return feed;
    }

    // False once it was forgotten, whoever still holds it: nothing is pushed by it any more.
    private bool Follows(ConversationFeed feed) => _feeds.TryGetValue(feed.Conversation, out var current) && current == feed;

    private void Unfollow(ConversationId conversation)
    {
        if (!_feeds.Remove(conversation, out var feed))
            return;
        _unacked -= feed.Unacked;
        if (feed.Draining)
            _draining--;
    }

    private void ForgetIdle()
    {
        foreach (var (conversation, feed) in _feeds)
        {
            if (feed.IsIdle)
                _feeds.Remove(conversation);
        }
    }

    private void QueueToRead(ConversationFeed feed)
    {
        if (feed.Queued)
            return;
        feed.Queued = true;
        _behind.Enqueue(feed);
    }

    private void Push(ConversationFeed feed, LoggedMessage message, MessageEvent pushed)
    {
        var (unacked, draining) = (feed.Unacked, feed.Draining);
        feed.Push(message, _services.Metrics.Now, TimeSpan.FromMilliseconds(_services.Options.ResendAfterMs));
        _outbox.Add(pushed);
        _services.Metrics.Pushed();
        Account(feed, unacked, draining);
    }

    // A feed that has changed changes its connection's sums.
    private void Account(ConversationFeed feed, int unackedBefore, bool drainingBefore)
    {
        _unacked += feed.Unacked - unackedBefore;
        if (drainingBefore && !feed.Draining)
            _draining--;
    }

    /// <summary>The feed begins at a place, or goes on there where the user has left and joined again. Under _gate.</summary>
    /// <param name="feed">Which.</param>
    /// <param name="cursor">The device's; null where the feed has it already.</param>
    /// <param name="start">Nothing at or below it is owed.</param>
    private void Begin(ConversationFeed feed, Cursor? cursor, SeqNo start)
    {
        if (!Follows(feed))
            return;
        var (unacked, draining) = (feed.Unacked, feed.Draining);
        feed.Begin(cursor, start);
        Account(feed, unacked, draining);
    }

    private void BeginResync()
    {
        var dropped = _outbox.DropEvents();
        var firstDropped = dropped.OfType<MessageEvent>().GroupBy(item => item.Message.Conversation)
            .ToDictionary(items => items.Key, items => items.Min(item => item.Message.SeqNo.Value));
        foreach (var (conversation, feed) in _feeds)
            feed.RollBack(firstDropped.TryGetValue(conversation, out var seqNo) ? new SeqNo(seqNo) : null);
        _behind.Clear();
        _overdue.Clear();
        _unacked = _draining = 0;
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
    NotFollowed,

    /// <summary>It is above what this connection knows of: ask the log.</summary>
    BeyondKnown,
}
