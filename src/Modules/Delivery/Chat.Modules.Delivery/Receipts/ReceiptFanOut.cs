using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Receipts;

/// <summary>Tells senders how far a user has got, and the user's other devices what was read. In large conversations only the table tells.</summary>
internal sealed class ReceiptFanOut(ConnectionTable connections, GatheredReceipts gathered, IMediator mediator, IOptions<DeliveryOptions> options)
{
    /// <summary>Of a longer span only the newest messages' senders are looked up; the others have their receipts from the table.</summary>
    private const int MaxSpan = 256;

    /// <param name="ack">What was acked.</param>
    /// <param name="status">Delivered, or read.</param>
    /// <param name="from">Where the user was before.</param>
    /// <param name="acked">The messages that were in flight to the device and acked by it, ascending: saves the look into the log where they are all.</param>
    /// <param name="ct">Ends the look-ups.</param>
    public async ValueTask TellSendersAsync(Acknowledge ack, AckStatus status, SeqNo from, List<InFlightMessage> acked, CancellationToken ct)
    {
        var isDirect = ack.Conversation.IsDirect;
        var members = isDirect ? null : await mediator.Send(new GetMembers(ack.Conversation), ct);
        if (members?.Count > options.Value.PushThreshold)
            return;

        var newest = acked.Count > 0 && acked[0].SeqNo <= from.Next && acked[^1].SeqNo >= ack.SeqNo
            ? Newest(acked.Where(message => message.SeqNo > from && message.SeqNo <= ack.SeqNo).Select(message => (message.Sender, message.Id, message.SeqNo)))
            : Newest(await ReadAsync(ack.Conversation, from, ack.SeqNo, ct));

        foreach (var (sender, (message, seqNo)) in newest)
        {
            if (sender == ack.From.User || members?.Contains(sender) is false)
                continue;
            gathered.Add(sender, new ReceiptEvent(ack.Conversation, message, seqNo, ack.From.User, status));
        }
        if (status is AckStatus.Read && newest.Count > 0)
        {
            var (message, seqNo) = newest.Values.MaxBy(place => place.SeqNo.Value);
            TellOthersOf(ack.From, new ReceiptEvent(ack.Conversation, message, seqNo, ack.From.User, status));
        }
    }

    private void TellOthersOf(DeviceAddress reader, ReceiptEvent receipt)
    {
        foreach (var device in connections.ConnectionsOf(reader.User))
        {
            if (device.Device != reader)
                device.Tell(receipt);
        }
    }

    private async ValueTask<IEnumerable<(UserId, MessageId, SeqNo)>> ReadAsync(ConversationId conversation, SeqNo from, SeqNo to, CancellationToken ct)
    {
        var after = SeqNo.Max(from, new SeqNo(to.Value - MaxSpan));
        var messages = await mediator.Send(new ReadLog(conversation, after, MaxSpan), ct);
        return messages.TakeWhile(message => message.SeqNo <= to).Select(message => (message.Sender.User, message.Id, message.SeqNo));
    }

    // Ascending in, so the last of each sender stays.
    private static Dictionary<UserId, (MessageId Message, SeqNo SeqNo)> Newest(IEnumerable<(UserId Sender, MessageId Message, SeqNo SeqNo)> messages)
    {
        var newest = new Dictionary<UserId, (MessageId, SeqNo)>();
        foreach (var (sender, message, seqNo) in messages)
            newest[sender] = (message, seqNo);
        return newest;
    }
}
