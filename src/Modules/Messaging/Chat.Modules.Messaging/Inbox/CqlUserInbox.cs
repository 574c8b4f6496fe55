using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>
/// One user's part of a cluster's inbox. Its rows say for which conversations the heads are read; without a <paramref name="name"/> of the inbox, all heads
/// are.
/// </summary>
internal sealed class CqlUserInbox(CqlInbox inbox, UserId user, string? name) : IUserInbox
{
    // Heads that are read together at most.
    private const int MaxHeads = 400;

    public async ValueTask<DirectHeads> ReadSinceAsync(FeedPosition? since, CancellationToken ct)
    {
        // What is read from here on includes everything up to this time.
        var upTo = inbox.Now - inbox.Times.Margin;
        var floor = since is { } position ? Activity.At(position.Value) : Activity.At(inbox.Now);
        var found = await ReadAsync(floor, null, async (walk, mark) =>
        {
            var read = new FeedPosition(mark.Token.ToString("N"), upTo.ToUnixTimeMilliseconds());
            // A position of another mark says nothing: all heads are read.
            var heads = since?.Epoch == read.Epoch ? await FindAsync(await FindAllAsync(walk, ct), ct) : await inbox.ReadHeadsAsync(user, ct);
            return ToHeads(heads, read);
        }, log => ToHeads(log, null), ct);
        return found;
    }

    public async ValueTask<IReadOnlyList<InboxEntry>> DownAsync(ListPosition? after, int limit, CancellationToken ct) => await ReadAsync(
        Activity.Lowest, after?.Activity, (walk, _) => WalkDownAsync(walk, after, limit, ct), log => new SortedInbox(log).Down(after, limit), ct);

    public async ValueTask<IReadOnlyList<InboxEntry>> UpAsync(ListPosition before, Activity above, int limit, CancellationToken ct) => await ReadAsync(
        above > before.Activity ? above : before.Activity, null,
        async (walk, _) => new SortedInbox(await FindAsync(await FindAllAsync(walk, ct), ct)).Up(before, above, limit),
        log => new SortedInbox(log).Up(before, above, limit), ct);

    // Uses the rows if the mark says, before and after they are read, that they are complete; else the log.
    private async Task<T> ReadAsync<T>(
        Activity floor, Activity? ceiling, Func<InboxWalk, InboxMark, Task<T>> read, Func<IReadOnlyList<InboxEntry>, T> readLog, CancellationToken ct)
    {
        if (name is null)
            return readLog(await inbox.ReadHeadsAsync(user, ct));
        var walk = new InboxWalk(inbox.Tables, inbox.Times, user, inbox.Now, floor, ceiling);
        var mark = await walk.ReadMarkAsync(ct);
        if (inbox.IsUsable(mark, name))
        {
            var found = await read(walk, mark!);
            if (await walk.IsMarkUnchangedAsync(ct))
                return found;
            mark = await inbox.Tables.ReadMarkAsync(user, ct);
        }
        return readLog(await inbox.BuildAsync(user, mark, name, ct));
    }

    private async Task<IReadOnlyList<InboxEntry>> WalkDownAsync(InboxWalk walk, ListPosition? after, int limit, CancellationToken ct)
    {
        var met = new HashSet<ConversationId>();
        var open = new Queue<(ConversationId Conversation, Activity Bound)>();
        var found = new List<InboxEntry>();
        for (var atOnce = Math.Min(limit, MaxHeads); ; atOnce = Math.Min(2 * atOnce, MaxHeads))
        {
            // No other conversation can be above this.
            var bound = open.TryPeek(out var highest) ? highest.Bound : walk.Bound;
            if (found.Count(entry => entry.Position.Activity >= bound) >= limit)
                break;
            while (open.Count < atOnce && await walk.NextAsync(ct) is { } row)
            {
                if (met.Add(row.Conversation))
                    open.Enqueue((row.Conversation, walk.BoundOf(row)));
            }
            if (open.Count == 0)
                break;
            var some = new List<ConversationId>();
            while (some.Count < atOnce && open.TryDequeue(out var next))
                some.Add(next.Conversation);
            found.AddRange((await FindAsync(some, ct)).Where(entry => after is null || entry.Position.CompareTo(after) > 0));
        }
        return [.. found.OrderBy(entry => entry.Position).Take(limit)];
    }

    private static async Task<IReadOnlyCollection<ConversationId>> FindAllAsync(InboxWalk walk, CancellationToken ct)
    {
        var met = new HashSet<ConversationId>();
        while (await walk.NextAsync(ct) is { } row)
            met.Add(row.Conversation);
        return met;
    }

    private Task<IReadOnlyList<InboxEntry>> FindAsync(IReadOnlyCollection<ConversationId> conversations, CancellationToken ct) =>
        inbox.Log.ReadEntriesAsync([.. conversations], ct);

    // A conversation has a row at its activity, so a reader whose position is below that finds it again.
    private static DirectHeads ToHeads(IReadOnlyList<InboxEntry> entries, FeedPosition? upTo) =>
        new([.. entries.Select(entry => new ConversationHead(entry.Position.Conversation, entry.Head, entry.Position.Activity.UnixMs))], upTo);
}
