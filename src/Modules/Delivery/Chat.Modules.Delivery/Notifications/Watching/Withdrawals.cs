using System.Collections.Concurrent;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>
/// When a user has read on one device what others of the user's show, these are due: the look then finds it read, and takes it back. What is lost in a crash, or finds no room, stays
/// on the device until its user opens it.
/// </summary>
internal sealed class Withdrawals(
    UserSubscriptions subscriptions, INotifiedStore notified, DueItems due, IOptions<PushOptions> options, TimeProvider clock, ILogger<Withdrawals> log) : BackgroundService
{
    private readonly RepeatedLines _lines = new(clock);

    // One entry for each user and conversation in which a user has read, with the device on which that was.
    private readonly ConcurrentDictionary<(UserId User, ConversationId Conversation), (DeviceId Device, SeqNo SeqNo)> _read = new();

    /// <summary>A device's user has read up to a seqNo. Never waits.</summary>
    public void Read(DeviceAddress device, ConversationId conversation, SeqNo seqNo)
    {
        if (_read.Count < options.Value.MaxWatches)
            _read[(device.User, conversation)] = (device.Device, seqNo);
    }

    /// <summary>Makes due what is to be withdrawn by now.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        foreach (var (key, _) in _read)
        {
            if (_read.TryRemove(key, out var read))
                await TryLookAsync(new DeviceAddress(key.User, read.Device), key.Conversation, read.SeqNo, ct);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.GatherMs), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await LookAsync(stoppingToken);
    }

    private async Task TryLookAsync(DeviceAddress reader, ConversationId conversation, SeqNo seqNo, CancellationToken ct)
    {
        try
        {
            foreach (var subscription in await subscriptions.OfAsync([reader.User], ct))
            {
                if (subscription.Device == reader)
                    continue;
                var place = await notified.ReadAsync(subscription.Device, conversation, ct);
                if (place.IsShown && place.UpTo <= seqNo)
                    await due.AddAsync([subscription], conversation, place.UpTo, clock.GetUtcNow(), ct);
            }
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (_lines.Count(e.GetType().Name) is { } times)
                log.NotWithdrawn(times, e);
        }
    }
}
