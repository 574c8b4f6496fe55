using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Inbox;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Feed;

/// <summary>
/// Writes touches: rows in the feed, and in the inboxes of a direct conversation's users, which say that the conversation is about to have messages. They are
/// there before the messages can be read or are answered. One touch is enough for a span of time, so further messages in it cost nothing.
/// </summary>
internal sealed class TouchWriter
{
    private readonly IFeedTables _feed;
    private readonly IInboxTables _inbox;
    private readonly ClusterTimes _times;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly Lock _lock = new();

    // Guarded by _lock: there is one renewal at a time, and only it writes the lease.
    private Task _renewing = Task.CompletedTask;
    private Lease _lease;

    // Spans of the feed: the present one, which never goes back even if the clock does, and the last that was touched.
    private long _present;
    private long _touched;

    public TouchWriter(IFeedTables feed, IInboxTables inbox, ClusterTimes times, TimeProvider clock, Random random)
    {
        (_feed, _inbox, _times, _clock, _random) = (feed, inbox, times, clock, random);
        _touched = PresentSpan() - 1;
        _lease = new Lease(NewStream(PresentSpan()), RenewedAt: null);
    }

    /// <summary>The stream of this run of the server, and the span up to which no more touches will be written.</summary>
    public FeedPosition Position => new(Volatile.Read(ref _lease).Name, Math.Min(Volatile.Read(ref _touched), PresentSpan() - 1));

    /// <summary>Renews the stream's lease, or begins another stream if the lease is over. Call several times within <see cref="ClusterTimes.Lease"/>.</summary>
    public Task RenewAsync()
    {
        lock (_lock)
            return _renewing = _renewing.IsCompleted ? RenewNowAsync() : _renewing;
    }

    /// <summary>Touches a conversation that is about to have messages. Writes only the rows that the last touch did not write.</summary>
    /// <param name="activities">Of the messages.</param>
    /// <param name="last">The conversation's last touch on this server; <c>default</c> for none.</param>
    public async Task<Touch> TouchAsync(ConversationId conversation, IReadOnlyCollection<Activity> activities, Touch last)
    {
        var toFeed = IsCurrent(last, PresentSpan()) ? Task.FromResult((last.Stream, last.FeedSpan)) : TouchFeedAsync(conversation);
        var toInbox = conversation.IsDirect ? TouchInboxAsync(conversation, activities, last) : Task.FromResult((last.InboxSpan, last.At));
        await Task.WhenAll(toFeed, toInbox);
        var ((stream, feedSpan), (inboxSpan, at)) = (await toFeed, await toInbox);
        return new Touch(stream, feedSpan, inboxSpan, at);
    }

    /// <summary>
    /// Whether messages may be answered after this touch: no other server counts its stream as finished, and readers that have not seen the messages will read its
    /// span again.
    /// </summary>
    public bool IsValid(Touch touch, ConversationId conversation) =>
        IsCurrent(touch, touch.FeedSpan)
        && (!conversation.IsDirect
            || (_clock.GetElapsedTime(touch.At) <= _times.InboxSpan + _times.TouchValidity && touch.InboxSpan >= _times.SpanOf(Activity.At(_clock.GetUtcNow() - _times.TouchValidity))));

    private bool IsCurrent(Touch touch, long span)
    {
        var lease = Volatile.Read(ref _lease);
        return touch.Stream == lease.Stream.Id && touch.FeedSpan >= span && IsHeld(lease, touch.FeedSpan);
    }

    private async Task<(Guid Stream, long Span)> TouchFeedAsync(ConversationId conversation)
    {
        while (true)
        {
            var (lease, span) = (Volatile.Read(ref _lease), PresentSpan());
            if (IsHeld(lease, span))
            {
                Raise(ref _touched, span);
                await _feed.WriteTouchedAsync(lease.Stream.Id, span, conversation);
                return (lease.Stream.Id, span);
            }
            await RenewAsync();
        }
    }

    // Writes a row at the activity of each message, because the conversation will be at one of them in the list, and a row at the present time, for readers that looked meanwhile.
    private async Task<(long Span, long At)> TouchInboxAsync(ConversationId conversation, IReadOnlyCollection<Activity> activities, Touch last)
    {
        var (at, now) = (_clock.GetTimestamp(), _clock.GetUtcNow());
        var newest = activities.Append(Activity.At(now)).Max();
        var isTouched = _clock.GetElapsedTime(last.At, at) <= _times.InboxSpan && last.InboxSpan >= _times.SpanOf(newest);
        var places = activities.Where(activity => !isTouched || _times.SpanOf(activity) != last.InboxSpan).ToList();
        if (isTouched && places.Count == 0)
            return (last.InboxSpan, last.At);
        if (!isTouched)
            places.Add(newest);
        var rows = InboxRow.At(conversation, places, now, _times);
        await Task.WhenAll(conversation.Members.Select(user => _inbox.AddAsync(user, rows)));
        return isTouched ? (last.InboxSpan, last.At) : (_times.SpanOf(newest), at);
    }

    private async Task RenewNowAsync()
    {
        var (at, span) = (_clock.GetTimestamp(), PresentSpan());
        var stream = _lease.RenewedAt is null || IsHeld(_lease, _lease.Stream.Until) ? _lease.Stream : NewStream(span);
        stream = stream with { Until = span + (long)(_times.Lease / _times.FeedSpan) + 1, Renewed = _clock.GetUtcNow() };
        await _feed.SaveStreamAsync(stream, CancellationToken.None);
        Volatile.Write(ref _lease, new Lease(stream, at));
    }

    private bool IsHeld(Lease lease, long span) =>
        lease.RenewedAt is { } renewedAt && span <= lease.Stream.Until && _clock.GetElapsedTime(renewedAt) < _times.Lease;

    private long PresentSpan() => Raise(ref _present, _times.FeedSpanOf(_clock.GetUtcNow()));

    private FeedStream NewStream(long span)
    {
        Span<byte> id = stackalloc byte[16];
        _random.NextBytes(id);
        return new FeedStream(new Guid(id), span - 1, span - 1, default);
    }

    private static long Raise(ref long highest, long value)
    {
        for (var seen = Volatile.Read(ref highest); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref highest, value, seen);
            if (before == seen)
                return value;
            seen = before;
        }
        return Volatile.Read(ref highest);
    }

    private sealed record Lease(FeedStream Stream, long? RenewedAt)
    {
        public string Name { get; } = Stream.Id.ToString("N");
    }
}

/// <summary>The last touch of a conversation.</summary>
/// <param name="Stream">The stream of the feed.</param>
/// <param name="FeedSpan">The span in it.</param>
/// <param name="InboxSpan">The highest span in the users' inboxes.</param>
/// <param name="At">When the inboxes were touched; a timestamp of the clock.</param>
internal readonly record struct Touch(Guid Stream, long FeedSpan, long InboxSpan, long At);
