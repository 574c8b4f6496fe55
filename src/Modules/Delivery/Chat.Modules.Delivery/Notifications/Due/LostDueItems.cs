using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications.Sending;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Delivery.Notifications.Watching;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Due;

/// <summary>
/// Looks again at the conversations that had messages within <see cref="PushOptions.GiveUpAfter"/> when the store has lost what was due: paced, and on one server at a time. What was sent before is
/// known, and is not sent again.
/// </summary>
internal sealed class LostDueItems(
    IDueStore store, DueItems due, Watches watches, IChangeFeed feed, UserSubscriptions subscriptions, OwedMessages owedMessages, Withdrawals withdrawals, PushTimes times, IOptions<PushOptions> options,
    IMediator mediator, TimeProvider clock, ILogger<LostDueItems> log) : BackgroundService
{
    private const int ReadAtOnce = 256;
    private const int MembersAtOnce = 512;

    // Then the conversations that were looked at are forgotten, and some are looked at twice.
    private const int MaxRemembered = 100_000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RenewEvery = Lease / 4;

    // Used by one call at a time: all was looked at, and is due when the watches up to this number are finished.
    private long? _isDueAfter;
    private long _renewedAt;

    /// <summary>Looks again at all that may be lost, if anything is and no other server does it.</summary>
    public async Task RebuildAsync(CancellationToken ct)
    {
        var rebuild = await store.TryRebuildAsync(Lease, ct);
        if (rebuild is Rebuild.None)
            return;
        if (rebuild is Rebuild.Begun || _isDueAfter is null)
        {
            _isDueAfter = null;
            if (!await LookAtAllAsync(ct))
                return;
            _isDueAfter = watches.LastNumber;
        }
        if (!watches.HasFinished(_isDueAfter.Value))
            return;
        await store.MarkWholeAsync(ct);
        _isDueAfter = null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        do
        {
            try
            {
                await RebuildAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.FeedNotFollowed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>False if something was lost meanwhile, or another server looks.</summary>
    private async Task<bool> LookAtAllAsync(CancellationToken ct)
    {
        log.Rebuilding(times.GiveUpAfter.TotalHours);
        var looked = new HashSet<ConversationId>();
        var (conversations, items) = (0, 0);
        foreach (var range in await feed.FindSinceAsync(clock.GetUtcNow() - times.GiveUpAfter, ct))
        {
            for (var rest = range; await feed.ReadAsync(rest, ReadAtOnce, ct) is { Count: > 0 } entries;)
            {
                var began = clock.GetTimestamp();
                if (!await RenewAsync(ct))
                    return false;
                if (looked.Count > MaxRemembered)
                    looked.Clear();
                var some = entries.Select(entry => entry.Conversation).Where(looked.Add).ToList();
                foreach (var conversation in some)
                {
                    if (await LookAsync(conversation, ct) is not { } found)
                        return false;
                    items += found;
                }
                conversations += some.Count;
                rest = rest with { After = rest.After with { Value = entries[^1].Position } };
                var pause = TimeSpan.FromSeconds((double)some.Count / options.Value.RebuildsPerSecond) - clock.GetElapsedTime(began);
                for (; pause > TimeSpan.Zero; pause -= RenewEvery)
                {
                    await Task.Delay(pause < RenewEvery ? pause : RenewEvery, clock, ct);
                    if (!await RenewIfNeededAsync(ct))
                        return false;
                }
            }
        }
        log.Rebuilt(conversations, items);
        return true;
    }

    /// <summary>False if something was lost meanwhile, or another server looks.</summary>
    private async ValueTask<bool> RenewIfNeededAsync(CancellationToken ct) => clock.GetElapsedTime(_renewedAt) < RenewEvery || await RenewAsync(ct);

    private async Task<bool> RenewAsync(CancellationToken ct)
    {
        _renewedAt = clock.GetTimestamp();
        return await store.TryRebuildAsync(Lease, ct) is Rebuild.Continued;
    }

    /// <summary>How many items are due; null if something was lost meanwhile, or another server looks.</summary>
    private async Task<int?> LookAsync(ConversationId conversation, CancellationToken ct)
    {
        var found = 0;
        foreach (var some in (await mediator.Send(new GetMembers(conversation), ct)).Chunk(MembersAtOnce))
        {
            foreach (var subscription in await subscriptions.OfAsync(some, ct))
            {
                if (!await RenewIfNeededAsync(ct))
                    return null;
                var owed = await owedMessages.FindAsync(subscription.Device, conversation, new SeqNo(SeqNo.MaxValue), ct);
                if (owed.Newest is not { } message)
                {
                    if (!await withdrawals.IsToBeWithdrawnAsync(subscription.Device, conversation, owed.Notified, ct))
                        continue;
                    await due.AddAsync([subscription], conversation, owed.Notified.UpTo, clock.GetUtcNow(), ct);
                    found++;
                    continue;
                }
                if (message.Timestamp > clock.GetUtcNow() - times.FirstLook - times.SecondLook && watches.HasRoom)
                {
                    // A device that is connected has its time.
                    watches.Note(conversation, message.SeqNo, null);
                    continue;
                }
                await due.AddAsync([subscription], conversation, message.SeqNo, message.Timestamp, ct);
                found++;
            }
        }
        return found;
    }
}
