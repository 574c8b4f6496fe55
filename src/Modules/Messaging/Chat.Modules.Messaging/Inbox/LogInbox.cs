using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Conversations;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

/// <summary>Keeps nothing: reads the head of every conversation each time.</summary>
internal sealed class LogInbox(IMessageLog log) : IInbox
{
    public async ValueTask<IUserInbox> OpenAsync(UserId user, CancellationToken ct)
    {
        var conversations = await log.GetDirectConversationsAsync(user, ct);
        var heads = await log.GetHeadsAsync(conversations, ct);
        // On a cluster a direct conversation is noted before its first message is, which may then never have been written.
        return new SortedInbox(conversations.Zip(heads)
            .Where(one => one.Second is not null)
            .Select(one => new InboxEntry(new PagePlace(one.Second!.Value.Activity, one.First), one.Second.Value.SeqNo)));
    }
}
