using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>One user's part of the embedded inbox: what is stored, and over it what was appended lately.</summary>
internal sealed class RocksUserInbox(RocksInbox inbox, RocksMessageLog log, UserId user, IEnumerable<InboxEntry> recent, Activity upTo) : IUserInbox
{
    private readonly byte[] _prefix = InboxKeys.OrderOf(user);
    private readonly Dictionary<ConversationId, InboxEntry> _recent = recent.ToDictionary(entry => entry.Place.Conversation);

    public ValueTask<DirectHeads> ReadSinceAsync(FeedPosition? since, CancellationToken ct)
    {
        var above = since?.Epoch == log.Epoch ? new Activity(since.Value.Value) : Activity.Lowest;
        return ValueTask.FromResult(SortedInbox.ToHeads(Down(null, above, int.MaxValue), new FeedPosition(log.Epoch, upTo.Value)));
    }

    public ValueTask<IReadOnlyList<InboxEntry>> DownAsync(PagePlace? after, int limit, CancellationToken ct) =>
        ValueTask.FromResult(Down(after, Activity.Lowest, limit));

    public ValueTask<IReadOnlyList<InboxEntry>> UpAsync(PagePlace before, Activity above, int limit, CancellationToken ct) =>
        ValueTask.FromResult(Up(before, above, limit));

    private IReadOnlyList<InboxEntry> Down(PagePlace? after, Activity above, int limit) =>
        Walk(
            rows => rows.Seek(after is null ? _prefix : InboxKeys.Order(user, after)), rows => rows.Next(),
            place => place.Activity > above, place => after is null || place.CompareTo(after) > 0, limit) is { } found
            ? [.. found.OrderBy(entry => entry.Place).Take(limit)]
            : [.. inbox.ReadLog(user).Down(after, limit).Where(entry => entry.Place.Activity > above)];

    private IReadOnlyList<InboxEntry> Up(PagePlace before, Activity above, int limit) =>
        Walk(
            rows => rows.SeekForPrev(above >= before.Activity ? InboxKeys.Order(user, above) : InboxKeys.Order(user, before)), rows => rows.Prev(),
            place => true, place => place.Activity > above && place.CompareTo(before) < 0, limit) is { } found
            ? [.. found.OrderByDescending(entry => entry.Place).Take(limit)]
            : inbox.ReadLog(user).Up(before, above, limit);

    // At least the first of what is stored, and all of what is recent; null where what was stored is gone.
    private List<InboxEntry>? Walk(Action<Iterator> seek, Action<Iterator> step, Func<PagePlace, bool> goesOn, Func<PagePlace, bool> isAsked, int limit)
    {
        var found = new List<InboxEntry>();
        var recent = new Dictionary<ConversationId, InboxEntry>(_recent);
        using var view = log.Store.View();
        using var rows = view.Walk(log.Store.Default);
        var complete = InboxKeys.Complete(user);
        rows.Seek(complete);
        // In the same state of the store that is walked.
        if (!rows.Valid() || !rows.GetKeySpan().SequenceEqual(complete))
            return null;
        for (seek(rows); found.Count < limit && rows.Valid() && rows.GetKeySpan().StartsWith(_prefix); step(rows))
        {
            var place = InboxKeys.ReadPlace(rows.GetKeySpan(), _prefix.Length);
            if (!goesOn(place))
                break;
            if (!isAsked(place))
                continue;
            if (recent.TryGetValue(place.Conversation, out var newer))
            {
                if (newer.Place.Activity >= place.Activity)
                    continue;
                recent.Remove(place.Conversation);
            }
            found.Add(new InboxEntry(place, new SeqNo(InboxKeys.ReadNumber(rows.GetValueSpan()))));
        }
        rows.ThrowIfDamaged();
        found.AddRange(recent.Values.Where(entry => goesOn(entry.Place) && isAsked(entry.Place)));
        return found;
    }
}
