using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>The pump: runs while there is something to do, one run at a time, and is nothing but a flag while the connection is idle.</summary>
internal sealed partial class DeviceConnection
{
    private const int ReadPage = 64;

    private readonly Queue<(ConversationFeed Feed, SeqNo First, SeqNo Last)> _overdue = new();
    private readonly TaskCompletionSource _firstDrain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _drainDue;
    private bool _caughtUpDue;
    private bool _storeFailed;

    // Only the pump touches these.
    private bool _connectedTold;
    private bool _disconnectedTold;

    private enum Step
    {
        Rest,
        Write,
        Drain,
        Resend,
        Read,
        Leave,
        End,
    }

    /// <summary>Looks for messages that were not acked in time, and lets a pump that a store has stopped try again.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            _storeFailed = false;
            // What still waits to be written cannot have been acked.
            if (_unacked > 0 && _outbox.Count == 0 && _overdue.Count == 0 && Volatile.Read(ref _running) == 0)
            {
                var now = _services.Metrics.Now;
                foreach (var feed in _feeds.Values)
                {
                    if (feed.TakeOverdue(
                        _services.Clock.GetElapsedTime, now, TimeSpan.FromMilliseconds(_services.Options.ResendAtMostEveryMs)) is { } span)
                        _overdue.Enqueue((feed, span.First, span.Last));
                }
            }
        }
        Schedule();
    }

    public async ValueTask RepairAsync(ConversationId conversation, SeqNo lastSeen, CancellationToken ct)
    {
        // Until then a device that is new has no place of its own.
        await _firstDrain.Task.WaitAsync(ct);
        var forgotten = Volatile.Read(ref _forgotten);
        if (await _services.Mediator.Send(new GetMembership(conversation, Device.User), ct) is not { } membership)
            return;
        var page = _services.Options.RepairPage;
        var after = SeqNo.Max(lastSeen, SeqNo.Max(membership.JoinedAt, membership.VisibleAfter));
        var read = await _services.Mediator.Send(new ReadLog(conversation, after, page + 1), ct);
        var missing = read.Where(message => message.Sender != Device).ToList();
        if (missing.Count == 0)
            return;
        var isLarge = (await _services.Mediator.Send(new GetMembers(conversation), ct)).Count > _services.Options.PushThreshold;
        var cursor = await CursorOfAsync(conversation, ct);
        lock (_gate)
        {
            // No longer a member, perhaps: what was read may be from after that.
            if (_closed || _resyncing || _forgotten != forgotten)
                return;
            if (read.Count > page || !_outbox.HasRoom)
                BeginResync();
            else if (isLarge)
                missing.ForEach(Add);
            else
                Repair(FeedOf(conversation));
        }
        Schedule();

        void Add(LoggedMessage message) => _outbox.Add(new MessageEvent(message, toSender: message.Sender.User == Device.User));

        void Repair(ConversationFeed feed)
        {
            feed.Load(cursor, membership.JoinedAt);
            missing.FindAll(message => message.SeqNo <= feed.Pushed).ForEach(Add);
            PushRead(feed, after, read);
        }
    }

    /// <summary>One run, on the thread pool.</summary>
    void IThreadPoolWorkItem.Execute() => _ = PumpAsync();

    private void Schedule()
    {
        if (TryBegin())
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    private bool TryBegin() => Volatile.Read(ref _running) == 0 && HasWork() && Interlocked.Exchange(ref _running, 1) == 0;

    private bool HasWork()
    {
        lock (_gate)
            return NextStep() is not Step.Rest;
    }

    // Under _gate.
    private Step NextStep() =>
        _closed ? (_disconnectedTold ? Step.Rest : Step.End)
        : _outbox.Count > 0 ? Step.Write
        : _goingAway ? Step.Leave
        : _storeFailed ? Step.Rest
        : _drainDue ? Step.Drain
        : _caughtUpDue && _draining == 0 ? Step.Write
        : _overdue.Count > 0 ? Step.Resend
        : _behind.Count > 0 && _unacked < _services.Options.UnackedWindow ? Step.Read
        : Step.Rest;

    // Catches everything itself: nobody awaits it.
    private async Task PumpAsync()
    {
        var batch = new List<ServerEvent>();
        while (true)
        {
            Step step;
            lock (_gate)
            {
                step = NextStep();
                if (step is Step.Write)
                    TakeBatch(batch);
                if (step is Step.Rest)
                    Volatile.Write(ref _running, 0);
            }
            try
            {
                switch (step)
                {
                    case Step.Rest:
                        return;
                    case Step.Write:
                        await _client.WriteAsync(batch, _closing.Token);
                        batch.Clear();
                        break;
                    case Step.Drain:
                        await DrainAsync();
                        break;
                    case Step.Resend:
                        await ResendAsync();
                        break;
                    case Step.Read:
                        await ReadBehindAsync();
                        break;
                    case Step.Leave:
                        Close(CloseReason.GoingAway);
                        break;
                    case Step.End:
                        await EndAsync();
                        break;
                }
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
            }
            catch (StoreUnavailableException e)
            {
                _services.Log.StoreDidNotAnswer(Device, e);
                lock (_gate)
                {
                    _storeFailed = true;
                    _drainDue |= step is Step.Drain;
                }
            }
            catch (Exception e) when (step is Step.Write)
            {
                _services.Log.ConnectionBroke(Device, e);
                Close(CloseReason.OverLimit);
            }
            catch (Exception e)
            {
                _services.Log.DeliveryFailed(Device, e);
                Close(CloseReason.OverLimit);
            }
        }
    }

    private void TakeBatch(List<ServerEvent> batch)
    {
        if (_outbox.Count == 0)
        {
            _caughtUpDue = false;
            batch.Add(new CaughtUpEvent());
            return;
        }
        _outbox.TakeBatch(batch);
        if (_resyncing && batch.Exists(item => item is ResyncEvent))
            _resyncing = false;
        if (_roomForAnswers is { } waiters && _outbox.HasRoomForAnswers)
        {
            _roomForAnswers = null;
            waiters.TrySetResult();
        }
    }

    private async Task DrainAsync()
    {
        int forgotten;
        lock (_gate)
            (_drainDue, forgotten) = (false, _forgotten);
        if (!_connectedTold)
        {
            _connectedTold = true;
            await _services.Mediator.Publish(new DeviceConnected(Device, Id), CancellationToken.None);
        }
        var waiting = new List<(ConversationStart Start, Cursor? Cursor)>();
        foreach (var start in await _services.Starts.OpenAsync(Device, _closing.Token))
        {
            if (start.Head > start.Start)
                waiting.Add((start, start.MemberCount > _services.Options.PushThreshold ? null : await CursorOfAsync(start.Conversation, _closing.Token)));
        }
        lock (_gate)
        {
            _firstDrain.TrySetResult();
            // Told to resync meanwhile: what was dropped may lie above the heads seen here. Or no longer a member of one of these.
            _drainDue |= _forgotten != forgotten;
            if (_drainDue)
                return;
            _caughtUpDue = true;
            foreach (var (start, cursor) in waiting)
            {
                if (cursor is null)
                {
                    // It may have been followed when it was smaller; what of it was dropped must not hold up its acks.
                    Unfollow(start.Conversation);
                    _outbox.Add(new AdvancedEvent(start.Conversation, start.Head));
                    continue;
                }
                var feed = FeedOf(start.Conversation);
                feed.Load(cursor, start.Start);
                if (feed.Draining)
                    _draining--;
                feed.DrainTo(start.Head);
                if (feed.Draining)
                    _draining++;
                if (feed.IsBehind)
                    QueueToRead(feed);
            }
        }
    }

    private async Task ReadBehindAsync()
    {
        ConversationFeed feed;
        lock (_gate)
        {
            feed = _behind.Dequeue();
            feed.Queued = false;
            if (!Follows(feed))
                return;
        }
        try
        {
            if (!feed.IsLoaded && !await LoadAsync(feed))
                return;
            int room;
            SeqNo after;
            lock (_gate)
                (room, after) = (Math.Min(ReadPage, _services.Options.UnackedWindow - _unacked), feed.Pushed);
            var messages = room > 0 ? await _services.Mediator.Send(new ReadLog(feed.Conversation, after, room), _closing.Token) : [];
            lock (_gate)
            {
                PushRead(feed, after, messages);
                // With an empty page the rest is not there to be had: the next message of the conversation asks again.
                if (feed.IsBehind && (messages.Count > 0 || room <= 0) && Follows(feed))
                    QueueToRead(feed);
            }
        }
        catch (StoreUnavailableException)
        {
            lock (_gate)
            {
                if (Follows(feed))
                    QueueToRead(feed);
            }
            throw;
        }
    }

    /// <summary>Pushes what was read from the log above a place, as far as the window goes. Under _gate.</summary>
    private void PushRead(ConversationFeed feed, SeqNo after, IReadOnlyList<LoggedMessage> messages)
    {
        if (!Follows(feed))
            return;
        // Rolled back while the log was read, or never as far as that: what lies below comes first.
        if (feed.Pushed < after || _drainDue)
        {
            QueueToRead(feed);
            return;
        }
        foreach (var message in messages)
        {
            if (message.SeqNo <= feed.Pushed)
                continue;
            if (message.Sender == Device && message.SeqNo > feed.DrainsTo)
            {
                feed.PassOver(message);
                continue;
            }
            if (_unacked >= _services.Options.UnackedWindow || !_outbox.HasRoomForMessages)
            {
                feed.Extend(message.SeqNo);
                QueueToRead(feed);
                break;
            }
            Push(feed, message, new MessageEvent(message, toSender: message.Sender.User == Device.User));
        }
    }

    private async Task<bool> LoadAsync(ConversationFeed feed)
    {
        var membership = await _services.Mediator.Send(new GetMembership(feed.Conversation, Device.User), _closing.Token);
        if (membership is null)
        {
            Forget(feed.Conversation);
            return false;
        }
        var cursor = await CursorOfAsync(feed.Conversation, _closing.Token);
        lock (_gate)
            feed.Load(cursor, membership.JoinedAt);
        return true;
    }

    private async Task ResendAsync()
    {
        (ConversationFeed Feed, SeqNo First, SeqNo Last) overdue;
        lock (_gate)
            overdue = _overdue.Dequeue();
        var messages = await _services.Mediator.Send(
            new ReadLog(overdue.Feed.Conversation, new SeqNo(overdue.First.Value - 1), _services.Options.UnackedWindow), _closing.Token);
        var resent = 0;
        lock (_gate)
        {
            foreach (var message in messages)
            {
                if (message.SeqNo > overdue.Last || !Follows(overdue.Feed) || !overdue.Feed.IsInFlight(message.SeqNo))
                    continue;
                if (!_outbox.HasRoomForMessages)
                {
                    _overdue.Enqueue((overdue.Feed, message.SeqNo, overdue.Last));
                    break;
                }
                _outbox.Add(new MessageEvent(message, toSender: message.Sender.User == Device.User));
                resent++;
            }
        }
        _services.Metrics.Resent(resent);
    }

    private async Task EndAsync()
    {
        _disconnectedTold = true;
        if (_connectedTold)
            await _services.Mediator.Publish(new DeviceDisconnected(Device, Id), CancellationToken.None);
    }

    private ValueTask<Cursor> CursorOfAsync(ConversationId conversation, CancellationToken ct) =>
        _services.Cursors.GetAsync(new CursorKey(Device.User, Device.Device, conversation), ct);
}
