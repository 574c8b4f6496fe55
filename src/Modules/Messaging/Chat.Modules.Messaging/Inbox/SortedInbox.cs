using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>One user's inbox, all in memory.</summary>
/// <param name="entries">Each conversation once, in any order.</param>
internal sealed class SortedInbox(IEnumerable<InboxEntry> entries) : IUserInbox
{
    private readonly List<InboxEntry> _entries = [.. entries.OrderBy(entry => entry.Position)];

    public IReadOnlyList<InboxEntry> Down(ListPosition? after, int limit) =>
        [.. _entries.Where(entry => after is null || entry.Position.CompareTo(after) > 0).Take(limit)];

    public IReadOnlyList<InboxEntry> Up(ListPosition before, Activity above, int limit) =>
        [.. _entries.Where(entry => entry.Position.CompareTo(before) < 0 && entry.Position.Activity > above).Reverse().Take(limit)];

    public ValueTask<DirectHeads> ReadSinceAsync(FeedPosition? since, CancellationToken ct) => ValueTask.FromResult(ToHeads(_entries, null));

    public ValueTask<IReadOnlyList<InboxEntry>> DownAsync(ListPosition? after, int limit, CancellationToken ct) => ValueTask.FromResult(Down(after, limit));

    public ValueTask<IReadOnlyList<InboxEntry>> UpAsync(ListPosition before, Activity above, int limit, CancellationToken ct) =>
        ValueTask.FromResult(Up(before, above, limit));

    /// <summary>The heads, with their activities as positions.</summary>
    public static DirectHeads ToHeads(IEnumerable<InboxEntry> entries, FeedPosition? upTo) =>
        new([.. entries.Select(entry => new ConversationHead(entry.Position.Conversation, entry.Head, entry.Position.Activity.Value))], upTo);
}
