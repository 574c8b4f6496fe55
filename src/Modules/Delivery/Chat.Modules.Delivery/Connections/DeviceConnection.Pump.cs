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
            if (_feeds.Unacked > 0 && _outbox.Count == 0 && _overdue.Count == 0 && Volatile.Read(ref _running) == 0)
            {
                var now = _services.Metrics.Now;
                foreach (var feed in _feeds.Unacknowledged)
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
        while (!await TryRepairAsync(conversation, lastSeen, ct))
        {
        }
    }

    /// <summary>False where the user was removed from a conversation while the log was read: it may have been this one.</summary>
    private async ValueTask<bool> TryRepairAsync(ConversationId conversation, SeqNo lastSeen, CancellationToken ct)
    {
        var forgotten = Volatile.Read(ref _forgotten);
        var page = _services.Options.RepairPage;
        if (await _services.Log.ReadAsync(conversation, Device.User, lastSeen, page + 1, ct) is not { } read)
            return true;
        var missing = read.Messages.Where(message => message.Sender != Device).ToList();
        if (missing.Count == 0)
            return true;
        var isLarge = await IsLargeAsync(conversation, ct);
        var cursor = await CursorOfAsync(conversation, ct);
        lock (_gate)
        {
            if (_forgotten != forgotten)
                return false;
            if (_closed || _resyncing)
                return true;
            if (read.Messages.Count > page || !_outbox.HasRoom)
                BeginResync();
            else if (isLarge)
                missing.ForEach(Add);
            else
                Repair(_feeds.Get(conversation));
        }
        Schedule();
        return true;

        void Add(LoggedMessage message) => _outbox.Add(new MessageEvent(message, toSender: message.Sender.User == Device.User));

        void Repair(ConversationFeed feed)
        {
            _feeds.Begin(feed, cursor, read.Membership.JoinedAt);
            missing.FindAll(message => message.SeqNo <= feed.Pushed).ForEach(Add);
            PushRead(feed, read.After, read.Messages);
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
        : _caughtUpDue && _feeds.IsDrained ? Step.Write
        : _overdue.Count > 0 ? Step.Resend
        : _feeds.IsBehind && _feeds.Unacked < _services.Options.UnackedWindow ? Step.Read
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
                _services.Logger.StoreDidNotAnswer(Device, e);
                lock (_gate)
                {
                    _storeFailed = true;
                    _drainDue |= step is Step.Drain;
                }
            }
            catch (Exception e) when (step is Step.Write)
            {
                _services.Logger.ConnectionBroke(Device, e);
                Close(CloseReason.OverLimit);
            }
            catch (Exception e)
            {
                _services.Logger.DeliveryFailed(Device, e);
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
        var toPush = new DrainList();
        var toHint = new List<ConversationStart>();
        foreach (var start in await _services.Starts.OpenAsync(Device, _closing.Token))
        {
            if (start.Head <= start.Start)
                continue;
            if (start.MemberCount <= _services.Options.PushThreshold)
                toPush.Add(start.Conversation, new DrainSpan(start.Start, start.Head));
            // Of these the log is not read, which would find that the user has been removed since the drain began.
            else if (await _services.Mediator.Send(new GetMembership(start.Conversation, Device.User), _closing.Token) is not null)
                toHint.Add(start);
        }
        foreach (var start in toHint)
        {
            lock (_gate)
            {
                if (_drainDue || _forgotten != forgotten)
                    break;
                // It may have been followed when it was smaller; what of it was dropped must not hold up its acks.
                _feeds.Remove(start.Conversation);
                _outbox.Add(new AdvancedEvent(start.Conversation, start.Head));
            }
        }
        lock (_gate)
        {
            _firstDrain.TrySetResult();
            // Told to resync meanwhile: what was dropped may lie above the heads seen here. Or no longer a member of one of these.
            _drainDue |= _forgotten != forgotten;
            if (_drainDue)
                return;
            _caughtUpDue = true;
            _feeds.Drain(toPush);
        }
    }

    private async Task ReadBehindAsync()
    {
        ConversationFeed? feed;
        lock (_gate)
            feed = _feeds.TakeBehind();
        if (feed is null)
            return;
        try
        {
            if (!feed.IsLoaded && await IsLargeAsync(feed.Conversation, _closing.Token))
            {
                await HintAsync(feed.Conversation);
                return;
            }
            var cursor = feed.IsLoaded ? null : await CursorOfAsync(feed.Conversation, _closing.Token);
            int room;
            SeqNo after;
            bool seeksEnd;
            lock (_gate)
            {
                (room, after) = (Math.Clamp(_services.Options.UnackedWindow - _feeds.Unacked, 1, ReadPage), feed.ReadAfter(cursor));
                (seeksEnd, feed.SeeksEnd) = (feed.SeeksEnd, false);
            }
            if (await _services.Log.ReadAsync(feed.Conversation, Device.User, after, room, _closing.Token) is not { } read)
            {
                Forget(feed.Conversation);
                return;
            }
            lock (_gate)
            {
                _feeds.Begin(feed, cursor, read.Membership.JoinedAt);
                PushRead(feed, read.After, read.Messages);
                feed.SeeksEnd |= seeksEnd && read.Messages.Count == room;
                // With an empty page the rest is not there to be had: the next message of the conversation asks again.
                if ((feed.SeeksEnd || (feed.IsBehind && read.Messages.Count > 0)) && _feeds.Has(feed))
                    _feeds.QueueToRead(feed);
            }
        }
        catch (StoreUnavailableException)
        {
            lock (_gate)
            {
                feed.SeeksEnd = true;
                if (_feeds.Has(feed))
                    _feeds.QueueToRead(feed);
            }
            throw;
        }
    }

    /// <summary>The user is new in a conversation that is too large to push.</summary>
    private async Task HintAsync(ConversationId conversation)
    {
        var head = await _services.Mediator.Send(new GetHead(conversation), _closing.Token);
        var membership = await _services.Mediator.Send(new GetMembership(conversation, Device.User), _closing.Token);
        lock (_gate)
        {
            _feeds.Remove(conversation);
            if (head > membership?.JoinedAt)
                _outbox.Add(new AdvancedEvent(conversation, head));
        }
    }

    /// <summary>Pushes what was read from the log above a place, as far as the window goes. Under _gate.</summary>
    private void PushRead(ConversationFeed feed, SeqNo after, IReadOnlyList<LoggedMessage> messages)
    {
        if (!_feeds.Has(feed))
            return;
        // Rolled back while the log was read, or never as far as that: what lies below comes first.
        if (feed.Pushed < after || _drainDue)
        {
            _feeds.QueueToRead(feed);
            return;
        }
        foreach (var message in messages)
        {
            if (message.SeqNo <= feed.Pushed)
                continue;
            if (message.Sender == Device && message.SeqNo > feed.DrainsTo)
            {
                _feeds.PassOver(feed, message);
                continue;
            }
            if (_feeds.Unacked >= _services.Options.UnackedWindow || !_outbox.HasRoomForMessages)
            {
                feed.Extend(message.SeqNo);
                _feeds.QueueToRead(feed);
                break;
            }
            Push(feed, message, new MessageEvent(message, toSender: message.Sender.User == Device.User));
        }
    }

    private async Task ResendAsync()
    {
        (ConversationFeed Feed, SeqNo First, SeqNo Last) overdue;
        lock (_gate)
            overdue = _overdue.Dequeue();
        var conversation = overdue.Feed.Conversation;
        if (await _services.Log.ReadAsync(
            conversation, Device.User, new SeqNo(overdue.First.Value - 1), _services.Options.UnackedWindow, _closing.Token) is not { } read)
        {
            Forget(conversation);
            return;
        }
        var resent = 0;
        lock (_gate)
        {
            if (!_feeds.Has(overdue.Feed))
                return;
            _feeds.Begin(overdue.Feed, null, read.Membership.JoinedAt);
            foreach (var message in read.Messages)
            {
                if (message.SeqNo > overdue.Last || !overdue.Feed.IsInFlight(message.SeqNo))
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

    private async ValueTask<bool> IsLargeAsync(ConversationId conversation, CancellationToken ct) =>
        !conversation.IsDirect && (await _services.Mediator.Send(new GetMembers(conversation), ct)).Count > _services.Options.PushThreshold;

    private async Task EndAsync()
    {
        _disconnectedTold = true;
        if (_connectedTold)
            await _services.Mediator.Publish(new DeviceDisconnected(Device, Id), CancellationToken.None);
    }

    private ValueTask<Cursor> CursorOfAsync(ConversationId conversation, CancellationToken ct) =>
        _services.Cursors.GetAsync(new CursorKey(Device.User, Device.Device, conversation), ct);
}
