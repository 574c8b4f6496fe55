using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Storage.Rocks;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;
using Chat.Modules.Messaging.Log.Embedded;
using RocksDbSharp;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>One user's part of the embedded inbox: the stored entries, overlaid with recent ones.</summary>
internal sealed class RocksUserInbox(RocksInbox inbox, RocksMessageLog log, UserId user, IEnumerable<InboxEntry> recent, Activity upTo) : IUserInbox
{
    private readonly byte[] _prefix = InboxKeys.OrderOf(user);
    private readonly Dictionary<ConversationId, InboxEntry> _recent = recent.ToDictionary(entry => entry.Position.Conversation);

    public ValueTask<DirectHeads> ReadSinceAsync(FeedPosition? since, CancellationToken ct)
    {
        var above = since?.Epoch == log.Epoch ? new Activity(since.Value.Value) : Activity.Lowest;
        return ValueTask.FromResult(SortedInbox.ToHeads(Down(null, above, int.MaxValue), new FeedPosition(log.Epoch, upTo.Value)));
    }

    public ValueTask<IReadOnlyList<InboxEntry>> DownAsync(ListPosition? after, int limit, CancellationToken ct) =>
        ValueTask.FromResult(Down(after, Activity.Lowest, limit));

    public ValueTask<IReadOnlyList<InboxEntry>> UpAsync(ListPosition before, Activity above, int limit, CancellationToken ct) =>
        ValueTask.FromResult(Up(before, above, limit));

    private IReadOnlyList<InboxEntry> Down(ListPosition? after, Activity above, int limit) =>
        Walk(
            rows => rows.Seek(after is null ? _prefix : InboxKeys.Order(user, after)), rows => rows.Next(),
            position => position.Activity > above, position => after is null || position.CompareTo(after) > 0, limit) is { } found
            ? [.. found.OrderBy(entry => entry.Position).Take(limit)]
            : [.. inbox.ReadLog(user).Down(after, limit).Where(entry => entry.Position.Activity > above)];

    private IReadOnlyList<InboxEntry> Up(ListPosition before, Activity above, int limit) =>
        Walk(
            rows => rows.SeekForPrev(above >= before.Activity ? InboxKeys.Order(user, above) : InboxKeys.Order(user, before)), rows => rows.Prev(),
            position => true, position => position.Activity > above && position.CompareTo(before) < 0, limit) is { } found
            ? [.. found.OrderByDescending(entry => entry.Position).Take(limit)]
            : inbox.ReadLog(user).Up(before, above, limit);

    // The first matching stored entries, up to the limit, and all matching recent ones; null if the stored part is gone.
    private List<InboxEntry>? Walk(Action<Iterator> seek, Action<Iterator> step, Func<ListPosition, bool> isInRange, Func<ListPosition, bool> isWanted, int limit)
    {
        var found = new List<InboxEntry>();
        var recent = new Dictionary<ConversationId, InboxEntry>(_recent);
        using var view = log.Store.View();
        using var rows = view.Walk(log.Store.Default);
        var complete = InboxKeys.Complete(user);
        rows.Seek(complete);
        // In the same view of the store that is walked.
        if (!rows.Valid() || !rows.GetKeySpan().SequenceEqual(complete))
            return null;
        for (seek(rows); found.Count < limit && rows.Valid() && rows.GetKeySpan().StartsWith(_prefix); step(rows))
        {
            var position = InboxKeys.ReadListPosition(rows.GetKeySpan(), _prefix.Length);
            if (!isInRange(position))
                break;
            if (!isWanted(position))
                continue;
            if (recent.TryGetValue(position.Conversation, out var newer))
            {
                if (newer.Position.Activity >= position.Activity)
                    continue;
                recent.Remove(position.Conversation);
            }
            found.Add(new InboxEntry(position, new SeqNo(InboxKeys.ReadNumber(rows.GetValueSpan()))));
        }
        rows.ThrowIfDamaged();
        found.AddRange(recent.Values.Where(entry => isInRange(entry.Position) && isWanted(entry.Position)));
        return found;
    }
}
