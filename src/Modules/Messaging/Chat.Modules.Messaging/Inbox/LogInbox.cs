using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>Reads users' heads from the log, without an inbox.</summary>
internal sealed class LogInbox(IMessageLog log) : IInbox
{
    public async ValueTask<IUserInbox> OpenAsync(UserId user, CancellationToken ct) => new SortedInbox(await log.ReadEntriesAsync(user, ct));
}

internal static class LogEntries
{
    /// <summary>All of a user's direct conversations, in any order.</summary>
    public static async Task<IReadOnlyList<InboxEntry>> ReadEntriesAsync(this IMessageLog log, UserId user, CancellationToken ct) =>
        await log.ReadEntriesAsync(await log.GetDirectConversationsAsync(user, ct), ct);

    /// <summary>Those of some conversations that have a message. On a cluster, a conversation is listed before its first message is written, and that may fail.</summary>
    public static async Task<IReadOnlyList<InboxEntry>> ReadEntriesAsync(
        this IMessageLog log, IReadOnlyList<ConversationId> conversations, CancellationToken ct) =>
        [.. conversations.Zip(await log.GetHeadsAsync(conversations, ct))
            .Where(one => one.Second is not null)
            .Select(one => new InboxEntry(new ListPosition(one.Second!.Value.Activity, one.First), one.Second.Value.SeqNo))];
}
