using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Receipts;

/// <summary>
/// Receipts in groups, gathered over <see cref="DeliveryOptions.CoalesceMs"/>: of one member's many acks the furthest goes out. When more
/// gather than the limit, the rest go out at once.
/// </summary>
internal sealed class GroupReceipts(ConnectionTable connections, IOptions<DeliveryOptions> options, TimeProvider clock) : BackgroundService
{
    private const int MaxGathered = 100_000;

    private readonly ConcurrentDictionary<(UserId Sender, object Key), ReceiptEvent> _gathered = new();

    public void Add(UserId sender, ReceiptEvent receipt)
    {
        if (connections.ConnectionsOf(sender).Count == 0)
            return;
        if (_gathered.Count >= MaxGathered)
            Tell(sender, receipt);
        else
            _gathered.AddOrUpdate((sender, receipt.CoalescingKey), receipt, (_, other) => other.SeqNo > receipt.SeqNo ? other : receipt);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.CoalesceMs), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var key in _gathered.Keys)
            {
                if (_gathered.TryRemove(key, out var receipt))
                    Tell(key.Sender, receipt);
            }
        }
    }

    private void Tell(UserId sender, ReceiptEvent receipt)
    {
        foreach (var device in connections.ConnectionsOf(sender))
            device.Tell(receipt);
    }
}
