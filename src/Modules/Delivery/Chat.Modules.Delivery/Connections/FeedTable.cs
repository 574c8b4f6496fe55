using System.Diagnostics.CodeAnalysis;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Delivery.Connections;

/// <summary>
/// The feeds of one connection: those with news, and the sums over them. Guarded by its connection's lock, at which the fan-out waits: no call
/// walks over all feeds, as somebody may have a hundred thousand conversations with news. A few calls walk over what is in flight, which the
/// window bounds.
/// </summary>
internal sealed class FeedTable
{
    /// <summary>Feeds kept in mind; those with nothing owed or in flight are forgotten beyond it.</summary>
    private const int MaxIdle = 256;

    // Of so many reads one begins another conversation of the drain, though others are not read to their end.
    private const int DrainEvery = 4;

    private Dictionary<ConversationId, ConversationFeed> _feeds = [];
    private Queue<ConversationFeed> _behind = new();
    private Queue<ConversationFeed> _idle = new();
    private HashSet<ConversationFeed> _unackedIn = [];
    private List<ConversationFeed> _dropped = [];
    private DrainList _toDrain = new();
    private int _draining;
    private int _reads;

    public int Count => _feeds.Count;

    /// <summary>Others' messages in flight.</summary>
    public int Unacked { get; private set; }

    /// <summary>Everything that the drain found has been pushed.</summary>
    public bool IsDrained => _draining == 0 && _toDrain.Count == 0;

    /// <summary>Whether there is something to read from the log.</summary>
    public bool IsBehind => _behind.Count > 0 || _toDrain.Count > 0;

    /// <summary>The feeds with messages in flight, at most as many as those messages.</summary>
    public IReadOnlyCollection<ConversationFeed> Unacknowledged => _unackedIn;

    public bool TryFind(ConversationId conversation, [NotNullWhen(true)] out ConversationFeed? feed) => _feeds.TryGetValue(conversation, out feed);

    /// <summary>False once it was removed, whoever still holds it: nothing is pushed by it any more.</summary>
    public bool Has(ConversationFeed feed) => _feeds.TryGetValue(feed.Conversation, out var current) && current == feed;

    /// <summary>The conversation's feed, a new one where there is none.</summary>
    public ConversationFeed Get(ConversationId conversation)
    {
        if (!_feeds.TryGetValue(conversation, out var feed))
        {
            ForgetIdle();
            _feeds.Add(conversation, feed = new ConversationFeed(conversation));
        }
        if (_toDrain.TryTake(conversation, out var span))
        {
            var before = SumsOf(feed);
            feed.DrainTo(span);
            Account(feed, before);
            if (!feed.IsLoaded || feed.IsBehind)
                QueueToRead(feed);
        }
        return feed;
    }

    /// <summary>The feed begins at a place, or goes on there where the user has left and joined again.</summary>
    /// <param name="feed">Which; passed over where it was removed.</param>
    /// <param name="cursor">The device's; null where the feed has it already.</param>
    /// <param name="start">Nothing at or below it is owed.</param>
    public void Begin(ConversationFeed feed, Cursor? cursor, SeqNo start)
    {
        if (!Has(feed))
            return;
        var before = SumsOf(feed);
        feed.Begin(cursor, start);
        Account(feed, before);
    }

    public void Push(ConversationFeed feed, LoggedMessage message, long now, TimeSpan resendPause)
    {
        var before = SumsOf(feed);
        feed.Push(message, now, resendPause);
        Account(feed, before);
    }

    public void PassOver(ConversationFeed feed, LoggedMessage message)
    {
        var before = SumsOf(feed);
        feed.PassOver(message);
        Account(feed, before);
    }

    /// <inheritdoc cref="ConversationFeed.Ack"/>
    public bool Ack(ConversationFeed feed, SeqNo seqNo, List<InFlightMessage> acked)
    {
        var before = SumsOf(feed);
        var counts = feed.Ack(seqNo, acked);
        Account(feed, before);
        return counts;
    }

    public void QueueToRead(ConversationFeed feed)
    {
        if (feed.Queued)
            return;
        feed.Queued = true;
        _behind.Enqueue(feed);
    }

    /// <summary>The next feed to read from the log; null where it needs no reading any more, and another may.</summary>
    public ConversationFeed? TakeBehind()
    {
        if ((_behind.Count == 0 || ++_reads % DrainEvery == 0) && _toDrain.TryNext(out var next))
            Get(next);
        if (!_behind.TryDequeue(out var feed))
            return null;
        feed.Queued = false;
        return Has(feed) ? feed : null;
    }

    /// <summary>A drain has found these.</summary>
    public void Drain(DrainList found) => _toDrain = found;

    public void Remove(ConversationId conversation)
    {
        _toDrain.TryTake(conversation, out _);
        if (!_feeds.Remove(conversation, out var feed))
            return;
        Unacked -= feed.Unacked;
        _unackedIn.Remove(feed);
        if (feed.Draining)
            _draining--;
    }

    /// <summary>
    /// Events that waited were dropped, and a drain follows, which finds again what is owed. Only the feeds of what was dropped stay, as they have
    /// acks to ignore.
    /// </summary>
    /// <param name="firstDropped">The lowest message dropped of each conversation.</param>
    public void RollBack(IReadOnlyDictionary<ConversationId, SeqNo> firstDropped)
    {
        _dropped.RemoveAll(feed => !feed.HasDropped || !Has(feed));
        foreach (var conversation in firstDropped.Keys)
        {
            if (_feeds.TryGetValue(conversation, out var feed) && !feed.HasDropped)
                _dropped.Add(feed);
        }
        _dropped.ForEach(feed => feed.RollBack(firstDropped.TryGetValue(feed.Conversation, out var seqNo) ? seqNo : null));
        _dropped.RemoveAll(feed => !feed.HasDropped);
        _feeds = _dropped.ToDictionary(feed => feed.Conversation);
        (_behind, _idle, _unackedIn, _toDrain) = (new(), new(), [], new());
        Unacked = _draining = 0;
    }

    private static (int Unacked, bool Draining) SumsOf(ConversationFeed feed) => (feed.Unacked, feed.Draining);

    private void Account(ConversationFeed feed, (int Unacked, bool Draining) before)
    {
        Unacked += feed.Unacked - before.Unacked;
        if (before.Unacked == 0 && feed.Unacked > 0)
            _unackedIn.Add(feed);
        else if (before.Unacked > 0 && feed.Unacked == 0)
            _unackedIn.Remove(feed);
        if (before.Draining != feed.Draining)
            _draining += feed.Draining ? 1 : -1;
        if (!feed.IsIdle || feed.InIdle)
            return;
        feed.InIdle = true;
        _idle.Enqueue(feed);
    }

    // Two for each that comes, so that there are soon no more than there may be.
    private void ForgetIdle()
    {
        for (var looks = 2; looks > 0 && (_feeds.Count >= MaxIdle || _idle.Count > MaxIdle) && _idle.TryDequeue(out var feed); looks--)
        {
            feed.InIdle = false;
            if (feed.IsIdle && Has(feed))
                _feeds.Remove(feed.Conversation);
        }
    }
}
