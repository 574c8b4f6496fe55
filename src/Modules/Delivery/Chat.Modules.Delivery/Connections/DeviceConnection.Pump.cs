using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>The pump: runs while there is something to do, one run at a time, and is nothing but a flag while the connection is idle.</summary>
internal sealed partial class DeviceConnection
{
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
    public void ResendOverdue()
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
            catch (Exception e) when (step is Step.Write && e is IOException or TimeoutException or OperationCanceledException or ObjectDisposedException)
            {
                _services.Logger.ConnectionBroke(Device, e);
                Close(CloseReason.OverLimit);
            }
            catch (Exception e)
            {
                _services.Logger.DeliveryFailed(Device, e);
                _services.Metrics.Failed();
                Close(CloseReason.Fault);
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
        if (_roomForAnswers is { } waiters)
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

    private async Task EndAsync()
    {
        _disconnectedTold = true;
        if (_connectedTold)
            await _services.Mediator.Publish(new DeviceDisconnected(Device, Id), CancellationToken.None);
    }
}
