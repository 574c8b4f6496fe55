using System.Threading.Channels;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Chat.Modules.Groups.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Receipts;

/// <summary>
/// Sends receipts to the senders of acked messages, and tells the user's other devices what was read. Sends none in conversations above the push threshold:
/// clients read the table of receipts. For an ack of many messages the senders are searched after the ack is answered.
/// </summary>
internal sealed class ReceiptFanOut : BackgroundService
{
    /// <summary>How many messages are read before the ack is answered; the worker reads the rest.</summary>
    private const int ReadAtOnce = 256;

    private readonly Receivers _receivers;
    private readonly GatheredReceipts _gathered;
    private readonly IMediator _mediator;
    private readonly DeliveryOptions _options;
    private readonly ILogger<ReceiptFanOut> _log;
    private readonly Channel<SenderSearch> _searches;

    public ReceiptFanOut(
        Receivers receivers, GatheredReceipts gathered, IMediator mediator, IOptions<DeliveryOptions> options, DeliveryMetrics metrics,
        ILogger<ReceiptFanOut> log)
    {
        (_receivers, _gathered, _mediator, _options, _log) = (receivers, gathered, mediator, options.Value, log);
        _searches = Channel.CreateBounded<SenderSearch>(new BoundedChannelOptions(_options.MaxReceiptSearches) { SingleReader = true });
        metrics.Observe("chat.receipts.searches", "Acks of many messages whose senders are still to be found.", () => _searches.Reader.Count);
    }

    /// <param name="from">The user's cursor before the ack.</param>
    /// <param name="acked">The messages in flight that the device acked, ascending. If they are all that the ack covers, the log is not read.</param>
    public async ValueTask TellSendersAsync(Acknowledge ack, AckStatus status, SeqNo from, List<InFlightMessage> acked, CancellationToken ct)
    {
        var members = await _mediator.Send(new GetMembers(ack.Conversation), ct);
        if (members.Count > _options.PushThreshold)
            return;
        if (acked.Count > 0 && acked[0].SeqNo <= from.Next && acked[^1].SeqNo >= ack.SeqNo)
            TellOf(acked, from, ack, status, members);
        else
            await SearchAsync(new SenderSearch(ack, status, from, members.Where(member => IsTold(member, ack)).ToHashSet()), ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var search in _searches.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                while (!search.IsDone && search.ReadSoFar < _options.MaxReceiptSpan)
                    await TellNextAsync(search, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                _log.ReceiptNotTold(search.Ack.Conversation, e);
            }
            if (!search.IsDone)
                TellUnfound(search);
        }
    }

    // Absent senders get no receipt later: they read the table of receipts.
    private bool IsTold(UserId sender, Acknowledge ack) => sender != ack.From.User && _receivers.IsConnected(sender);

    private void TellOf(List<InFlightMessage> acked, SeqNo from, Acknowledge ack, AckStatus status, IReadOnlyList<UserId> members)
    {
        var last = acked.FindLastIndex(message => message.SeqNo <= ack.SeqNo && message.Change == SeqNo.None);
        var seen = new HashSet<UserId>();
        for (var i = last; i >= 0 && acked[i].SeqNo > from; i--)
        {
            var sender = acked[i].Sender;
            if (acked[i].Change == SeqNo.None && seen.Add(sender) && IsTold(sender, ack) && members.Contains(sender))
                Tell(sender, ack, status, acked[i].Id, acked[i].SeqNo);
        }
        if (status is AckStatus.Read && last >= 0 && acked[last].SeqNo > from)
            _receivers.TellOtherDevices(ack.From, new ReceiptEvent(ack.Conversation, acked[last].Id, acked[last].SeqNo, ack.From.User, status));
    }

    private async ValueTask SearchAsync(SenderSearch search, CancellationToken ct)
    {
        var (ack, status) = (search.Ack, search.Status);
        var tellsOthers = status is AckStatus.Read && _receivers.HasOtherDevices(ack.From);
        if (search.IsDone && !tellsOthers)
            return;
        do
        {
            await TellNextAsync(search, ct);
        }
        while ((!search.IsDone || (tellsOthers && search is { Newest: null, HasMore: true })) && search.ReadSoFar < ReadAtOnce);
        if (tellsOthers && search.Newest is { } newest)
            _receivers.TellOtherDevices(ack.From, new ReceiptEvent(ack.Conversation, newest.Id, newest.SeqNo, ack.From.User, status));
        if (!search.IsDone && !_searches.Writer.TryWrite(search))
            TellUnfound(search);
    }

    private async ValueTask TellNextAsync(SenderSearch search, CancellationToken ct)
    {
        foreach (var message in await search.ReadNextAsync(_mediator, ct))
            Tell(message.Sender.User, search.Ack, search.Status, message.Id, message.SeqNo);
    }

    /// <summary>
    /// The search ended early. Senders not found have no message above the lowest one read, so a receipt for that one is true for all their messages.
    /// </summary>
    private void TellUnfound(SenderSearch search)
    {
        if (search.Lowest is not { } lowest)
            return;
        foreach (var sender in search.Senders)
            Tell(sender, search.Ack, search.Status, lowest.Id, lowest.SeqNo);
    }

    private void Tell(UserId sender, Acknowledge ack, AckStatus status, MessageId message, SeqNo seqNo) =>
        _gathered.Add(sender, new ReceiptEvent(ack.Conversation, message, seqNo, ack.From.User, status));
}
