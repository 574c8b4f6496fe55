using Chat.BuildingBlocks.Mediation;
using Chat.Modules.Messaging.Contracts;
using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Inbox;

internal sealed class GetDirectHeadsHandler(IInbox inboxes, IMessageLog log) : IQueryHandler<GetDirectHeads, DirectHeads>
{
    public async Task<DirectHeads> Handle(GetDirectHeads query, CancellationToken ct)
    {
        var since = query.Since is { } position && position.Epoch == log.Epoch ? new Activity(position.Value) : Activity.Lowest;
        var inbox = await inboxes.OpenAsync(query.User, ct);
        var heads = inbox.Down(null, since, int.MaxValue)
            .Select(entry => new ConversationHead(entry.Place.Conversation, entry.Head, entry.Place.Activity.Value));
        return new DirectHeads([.. heads], inbox.UpTo is { } upTo ? new FeedPosition(log.Epoch, upTo.Value) : null);
    }
}
