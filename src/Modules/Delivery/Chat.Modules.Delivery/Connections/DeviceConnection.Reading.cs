using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>What is read from the log: what the device is behind by, what it did not ack in time, and what it says that it has not seen.</summary>
internal sealed partial class DeviceConnection
{
    private const int ReadPage = 64;

    // Of the log at once: more finds no room among what waits.
    private int PageBytes => _services.Options.MaxPendingBytes / 2;

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
        if (await _services.Log.ReadAsync(conversation, Device.User, lastSeen, page + 1, 2 * _services.Options.MaxPendingBytes, ct) is not { } read)
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
            var isLong = read.Messages.Count > page || read.Messages.Sum(message => (long)message.MaxJsonBytes()) > _services.Options.MaxPendingBytes;
            if (isLong || !_outbox.HasRoom)
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
            if (await _services.Log.ReadAsync(feed.Conversation, Device.User, after, room, PageBytes, _closing.Token) is not { } read)
            {
                Leave(feed.Conversation);
                return;
            }
            lock (_gate)
            {
                _feeds.Begin(feed, cursor, read.Membership.JoinedAt);
                PushRead(feed, read.After, read.Messages);
                feed.SeeksEnd |= seeksEnd && read.Messages.Count > 0;
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
            conversation, Device.User, new SeqNo(overdue.First.Value - 1), _services.Options.UnackedWindow, PageBytes, _closing.Token) is not { } read)
        {
            Leave(conversation);
            return;
        }
        var resent = 0;
        lock (_gate)
        {
            if (!_feeds.Has(overdue.Feed))
                return;
            _feeds.Begin(overdue.Feed, null, read.Membership.JoinedAt);
            var next = overdue.First;
            foreach (var message in read.Messages)
            {
                next = message.SeqNo;
                if (next > overdue.Last || !_outbox.HasRoomForMessages)
                    break;
                next = next.Next;
                if (!overdue.Feed.IsInFlight(message.SeqNo))
                    continue;
                _outbox.Add(new MessageEvent(message, toSender: message.Sender.User == Device.User));
                resent++;
            }
            if (read.Messages.Count > 0 && next <= overdue.Last)
                _overdue.Enqueue((overdue.Feed, next, overdue.Last));
        }
        _services.Metrics.Resent(resent);
    }

    private async ValueTask<bool> IsLargeAsync(ConversationId conversation, CancellationToken ct) =>
        !conversation.IsDirect && (await _services.Mediator.Send(new GetMembers(conversation), ct)).Count > _services.Options.PushThreshold;

    private ValueTask<Cursor> CursorOfAsync(ConversationId conversation, CancellationToken ct) =>
        _services.Cursors.GetAsync(new CursorKey(Device.User, Device.Device, conversation), ct);
}
