using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Text;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;

namespace Chat.Modules.Delivery.Notifications.Sending;

/// <summary>Says what a notification says, as its device asked; the numbers are those of the list of conversations, at this moment.</summary>
internal sealed partial class NotificationComposer(IMediator mediator)
{
    private const int CollapseKeyBytes = 24;

    // Characters of a group's title: as many as one may have.
    private const int MaxTitle = 128;

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
        // It was read between the look and the count: it is withdrawn when that is seen.
        var unread = Math.Max(1, counts.Messages);
        var bare = new PushNotification(
            conversation, message.Id, message.SeqNo, null, null, unread, counts.Conversations, CollapseKeyOf(to.Device.User, conversation), timeToLive);
        if (to.Content is PushContent.None)
            return bare;
        var sender = message.Sender.User;
        var text = to.Content is PushContent.Full && message.ShownText.Length > 0 ? message.ShownText.ToString() : null;
        return conversation.IsDirect ? bare with { Title = sender.Value, Sender = sender, Body = text } : bare with
        {
            Title = DisplayName.Clean(await mediator.Send(new GetTitle(conversation), ct), MaxTitle) ?? sender.Value,
            Sender = sender,
            // On one line: a second one could look as if somebody else had written it.
            Body = text is null ? null : $"{sender}: {LineEnds().Replace(text, " ")}",
        };
    }

    [GeneratedRegex(@"[\r\n\v\f\u0085\u2028\u2029]+")]
    private static partial Regex LineEnds();

    private static string CollapseKeyOf(UserId user, ConversationId conversation) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{user} {conversation}")).AsSpan(0, CollapseKeyBytes));
}
