using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>A conversation has new messages, whose receivers are to be looked at.</summary>
internal sealed class Watch(ConversationId conversation, long number, DateTimeOffset since)
{
    public ConversationId Conversation => conversation;

    /// <summary>Rises with each watch.</summary>
    public long Number => number;

    /// <summary>When its first message was noted: at once after the append, but for what another server left.</summary>
    public DateTimeOffset Since => since;

    /// <summary>The highest of its messages; <see cref="SeqNo.None"/> if it has only a deletion.</summary>
    public SeqNo UpTo { get; set; }

    /// <summary>The lowest message that was deleted; <see cref="SeqNo.None"/> if any may be, as what is read from the feed does not say; null for none.</summary>
    public SeqNo? Deleted { get; set; }

    /// <summary>The sender of all of them, who needs not be told; null if there are several, or it is not known.</summary>
    public UserId? Sender { get; set; }

    /// <summary>Devices that had a live connection at the first look; null before it.</summary>
    public IReadOnlyList<PushSubscription>? Live { get; set; }
}

/// <summary>
/// The conversations with new messages whose receivers were not looked at yet: one entry for all messages that a conversation has in <see cref="PushTimes.FirstLook"/>. When there are
/// too many, further messages are not noted, and the follower reads them from the feed when there is room.
/// </summary>
internal sealed class Watches
{
    private readonly Lock _gate = new();
    private readonly int _max;
    private readonly PushTimes _times;
    private readonly TimeProvider _clock;

    // All under _gate. Those that are still gathering; all that are not finished, by number; when to look at each.
    private readonly Dictionary<ConversationId, Watch> _gathering = [];
    private readonly LinkedList<Watch> _unfinished = new();
    private readonly Dictionary<Watch, LinkedListNode<Watch>> _nodes = [];
    private readonly PriorityQueue<Watch, long> _looks = new();
    private long _lastNumber;
    private bool _hasOverflowed;

    public Watches(IOptions<PushOptions> options, PushTimes times, DeliveryMetrics metrics, TimeProvider clock)
    {
        (_max, _times, _clock) = (options.Value.MaxWatches, times, clock);
        metrics.Observe("chat.push.watched", "Conversations whose new messages are being watched for acks.", () => Count);
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _unfinished.Count;
        }
    }

    /// <summary>Whether more fit that are read from the feed; a quarter stays for new messages.</summary>
    public bool HasRoom => Count < _max / 4 * 3;

    /// <summary>The number of the last one.</summary>
    public long LastNumber
    {
        get
        {
            lock (_gate)
                return _lastNumber;
        }
    }

    /// <summary>Whether messages were not noted since <see cref="ForgetOverflow"/>.</summary>
    public bool HasOverflowed
    {
        get
        {
            lock (_gate)
                return _hasOverflowed;
        }
    }

    /// <summary>A conversation has a message. Never waits.</summary>
    /// <param name="sender">Null if it is not known.</param>
    public void Note(ConversationId conversation, SeqNo seqNo, UserId? sender)
    {
        lock (_gate)
        {
            if (Gather(conversation) is not { } watch)
                return;
            watch.Sender = watch.UpTo == SeqNo.None || watch.Sender == sender ? sender : null;
            watch.UpTo = SeqNo.Max(watch.UpTo, seqNo);
        }
    }

    /// <summary>A message of a conversation was deleted. Never waits.</summary>
    public void NoteDeleted(ConversationId conversation, SeqNo message)
    {
        lock (_gate)
        {
            if (Gather(conversation) is { } watch)
                watch.Deleted = watch.Deleted is { } lowest ? SeqNo.Min(lowest, message) : message;
        }
    }

    /// <summary>A conversation has an entry in the feed: a message, or a change, which may be a deletion. Never waits.</summary>
    public void NoteUnknown(ConversationId conversation, SeqNo seqNo)
    {
        Note(conversation, seqNo, null);
        NoteDeleted(conversation, SeqNo.None);
    }

    public void ForgetOverflow()
    {
        lock (_gate)
            _hasOverflowed = false;
    }

    /// <summary>Takes those that are to be looked at now; each is given back by one of the next two calls. What comes later for their conversations is in new ones.</summary>
    public IReadOnlyList<Watch> TakeDue(int limit)
    {
        List<Watch>? due = null;
        lock (_gate)
        {
            var now = _clock.GetTimestamp();
            while ((due?.Count ?? 0) < limit && _looks.TryPeek(out var watch, out var lookAt) && lookAt <= now)
            {
                _looks.Dequeue();
                if (_gathering.GetValueOrDefault(watch.Conversation) == watch)
                    _gathering.Remove(watch.Conversation);
                (due ??= []).Add(watch);
            }
        }
        return due ?? [];
    }

    /// <summary>Looks again after a time.</summary>
    public void LookAgain(Watch watch, TimeSpan after)
    {
        lock (_gate)
            LookAfter(watch, after);
    }

    /// <summary>All that it can make due is in the store.</summary>
    public void Finish(Watch watch)
    {
        lock (_gate)
        {
            if (_nodes.Remove(watch, out var node))
                _unfinished.Remove(node);
        }
    }

    /// <summary>Whether all up to a number are finished.</summary>
    public bool HasFinished(long number)
    {
        lock (_gate)
            return _unfinished.First is not { } first || first.Value.Number > number;
    }

    // Under _gate. Null if there is no room.
    private Watch? Gather(ConversationId conversation)
    {
        if (_gathering.TryGetValue(conversation, out var watch))
            return watch;
        if (_unfinished.Count >= _max)
        {
            _hasOverflowed = true;
            return null;
        }
        watch = new Watch(conversation, ++_lastNumber, _clock.GetUtcNow());
        _gathering.Add(conversation, watch);
        _nodes.Add(watch, _unfinished.AddLast(watch));
        LookAfter(watch, _times.FirstLook);
        return watch;
    }

    private void LookAfter(Watch watch, TimeSpan time) =>
        _looks.Enqueue(watch, _clock.GetTimestamp() + (long)(time.TotalSeconds * _clock.TimestampFrequency));
}
