using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Notifications.Sending;

/// <summary>Says what a notification says, as its device asked; the numbers are those of the list of conversations, at this moment.</summary>
internal sealed class NotificationComposer(IMediator mediator)
{
    private const int CollapseKeyBytes = 24;

    /// <summary>Platforms take no shorter life.</summary>
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(1);

    /// <param name="life">How long it is tried still.</param>
    public async Task<PushNotification> ComposeAsync(PushSubscription to, ConversationId conversation, Owed owed, TimeSpan life, CancellationToken ct)
    {
        var counts = await mediator.Send(new CountUnread(to.Device.User, conversation), ct);
        var timeToLive = life > ShortestLife ? life : ShortestLife;
        if (owed.Newest is not { } message)
        {
            var upTo = owed.IsGone ? owed.Notified.UpTo : owed.Read;
            return new PushNotification(conversation, null, upTo, null, null, 0, counts.Conversations, CollapseKeyOf(to.Device.User, conversation), timeToLive);
        }
        var title = to.Content is PushContent.None ? null : message.Sender.User.Value;
        var body = to.Content is PushContent.Full && message.ShownText.Length > 0 ? message.ShownText.ToString() : null;
        // It was read between the look and the count: it is withdrawn when that is seen.
        var unread = Math.Max(1, counts.Messages);
        return new PushNotification(
            conversation, message.Id, message.SeqNo, title, body, unread, counts.Conversations, CollapseKeyOf(to.Device.User, conversation), timeToLive);
    }

    private static string CollapseKeyOf(UserId user, ConversationId conversation) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{user} {conversation}")).AsSpan(0, CollapseKeyBytes));
}
