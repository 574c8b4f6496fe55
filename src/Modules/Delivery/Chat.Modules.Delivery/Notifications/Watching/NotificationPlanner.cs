using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Groups.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>
/// Makes the members' devices due: at the first look those without a live connection anywhere, at the second those that have not acked. It need not be exact: the sender asks the log and the cursors
/// again.
/// </summary>
internal sealed class NotificationPlanner(
    Watches watches, UserSubscriptions subscriptions, DueItems due, Receivers receivers, CursorTable cursors, PushTimes times, IMediator mediator,
    TimeProvider clock, ILogger<NotificationPlanner> log) : BackgroundService
{
    private const int LooksAtOnce = 16;
    private const int MaxTaken = 256;

    // Of a large conversation so many members are looked up together.
    private const int MembersAtOnce = 512;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>Looks at all that are to be looked at now.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        while (watches.TakeDue(MaxTaken) is { Count: > 0 } taken)
        {
            if (taken is [var only])
                await TryLookAsync(only, ct);
            else
                await Parallel.ForEachAsync(taken, new ParallelOptions { MaxDegreeOfParallelism = LooksAtOnce, CancellationToken = ct }, TryLookAsync);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await LookAsync(stoppingToken);
    }

    private async ValueTask TryLookAsync(Watch watch, CancellationToken ct)
    {
        try
        {
            if (watch.Live is null)
                await LookFirstAsync(watch, ct);
            else
                await LookAtLiveAsync(watch, watch.Live, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log.NotPlanned(watch.Conversation, e);
            watches.LookAgain(watch, RetryPause);
        }
    }

    private async Task LookFirstAsync(Watch watch, CancellationToken ct)
    {
        var members = await mediator.Send(new GetMembers(watch.Conversation), ct);
        List<PushSubscription>? live = null;
        foreach (var some in members.Count <= MembersAtOnce ? [members] : members.Chunk(MembersAtOnce).ToArray<IReadOnlyList<UserId>>())
        {
            List<PushSubscription>? absent = null;
            foreach (var subscription in await subscriptions.OfAsync(some, ct))
            {
                if (subscription.Device.User == watch.Sender)
                    continue;
                if (await receivers.MayBeConnectedAsync(subscription.Device))
                    (live ??= []).Add(subscription);
                else
                    (absent ??= []).Add(subscription);
            }
            if (absent is not null)
                await AddAsync(watch, absent, ct);
        }
        if (live is null)
        {
            watches.Finish(watch);
            return;
        }
        watch.Live = live;
        watches.LookAgain(watch, times.SecondLook);
    }

    private async Task LookAtLiveAsync(Watch watch, IReadOnlyList<PushSubscription> live, CancellationToken ct)
    {
        var late = new List<PushSubscription>();
        foreach (var subscription in live)
        {
            var (user, device) = (subscription.Device.User, subscription.Device.Device);
            if ((await cursors.ReadNewestAsync(new CursorKey(user, device, watch.Conversation), ct)).Delivered < watch.UpTo
                && (await cursors.ReadNewestAsync(new CursorKey(user, null, watch.Conversation), ct)).Read < watch.UpTo)
                late.Add(subscription);
        }
        await AddAsync(watch, late, ct);
        watches.Finish(watch);
    }

    private Task AddAsync(Watch watch, List<PushSubscription> to, CancellationToken ct) =>
        due.AddAsync(to, watch.Conversation, watch.UpTo, watch.Since, ct);
}
