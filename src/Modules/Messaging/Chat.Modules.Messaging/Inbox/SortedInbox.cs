using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>An inbox that is all in memory.</summary>
/// <param name="entries">Each conversation once, in any order.</param>
internal sealed class SortedInbox(IEnumerable<InboxEntry> entries) : IUserInbox
{
    private readonly List<InboxEntry> _entries = [.. entries.OrderBy(entry => entry.Place)];

    public Activity? UpTo => null;

    public IReadOnlyList<InboxEntry> Down(PagePlace? after, Activity above, int limit) =>
        [.. _entries.Where(entry => (after is null || entry.Place.CompareTo(after) > 0) && entry.Place.Activity > above).Take(limit)];

    public IReadOnlyList<InboxEntry> Up(PagePlace before, Activity above, int limit) =>
        [.. _entries.Where(entry => entry.Place.CompareTo(before) < 0 && entry.Place.Activity > above).Reverse().Take(limit)];
}
