using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>Keeps nothing: reads the newest message of every conversation each time.</summary>
internal sealed class LogInbox(IMessageLog log) : IInbox
{
    private const int ReadsAtOnce = 16;

    public async ValueTask<IUserInbox> OpenAsync(UserId user, CancellationToken ct)
    {
        var found = await Concurrently.SelectAsync(await log.GetDirectConversationsAsync(user, ct), ReadsAtOnce, FindAsync, ct);
        // On a cluster a direct conversation is noted before its first message is, which may then never have been written.
        return new SortedInbox(found.OfType<InboxEntry>());
    }

    private async ValueTask<InboxEntry?> FindAsync(ConversationId conversation, CancellationToken ct) =>
        await log.ReadBeforeAsync(conversation, new SeqNo(SeqNo.MaxValue), limit: 1, ct) is [var newest]
            ? new InboxEntry(new PagePlace(Activity.Of(newest.Id), conversation), newest.SeqNo)
            : null;
}
