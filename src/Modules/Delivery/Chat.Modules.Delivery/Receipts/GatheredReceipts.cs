using System.Collections.Concurrent;
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
/// Gathers receipts for <see cref="DeliveryOptions.CoalesceMs"/>: of a member's acks only the highest is sent. In a direct conversation the first one is sent
/// at once, and those that follow within that time are gathered. Beyond the limit receipts are sent at once.
/// </summary>
internal sealed class GatheredReceipts(
    Receivers receivers, IMediator mediator, IOptions<DeliveryOptions> options, TimeProvider clock, ILogger<GatheredReceipts> log) : BackgroundService
{
    private const int MaxGathered = 100_000;

    // Null if one was just sent, and none came since.
    private readonly ConcurrentDictionary<(UserId Sender, object Key), ReceiptEvent?> _gathered = new();
    private int _added;

    public void Add(UserId sender, ReceiptEvent receipt)
    {
        if (!receivers.IsConnected(sender))
            return;
        var key = (sender, receipt.CoalescingKey);
        if (Interlocked.Increment(ref _added) > MaxGathered || (receipt.Conversation.IsDirect && _gathered.TryAdd(key, null)))
            receivers.Tell(sender, receipt);
        else
            _gathered.AddOrUpdate(key, receipt, (_, other) => other?.SeqNo > receipt.SeqNo ? other : receipt);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.CoalesceMs), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Volatile.Write(ref _added, 0);
            foreach (var (key, _) in _gathered)
            {
                if (_gathered.TryRemove(key, out var receipt) && receipt is not null)
                    await TellMemberAsync(key.Sender, receipt, stoppingToken);
            }
        }
    }

    // The sender may have been removed while the receipt was gathered.
    private async ValueTask TellMemberAsync(UserId sender, ReceiptEvent receipt, CancellationToken ct)
    {
        try
        {
            if (await mediator.Send(new GetMembership(receipt.Conversation, sender), ct) is not null)
                receivers.Tell(sender, receipt);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.ReceiptNotTold(receipt.Conversation, e);
        }
    }
}
