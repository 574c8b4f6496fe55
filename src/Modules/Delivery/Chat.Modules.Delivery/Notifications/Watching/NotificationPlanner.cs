using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Chat.BuildingBlocks.Concurrency;
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
    Watches watches, UserSubscriptions subscriptions, DueItems due, Withdrawals withdrawals, Receivers receivers, CursorTable cursors, PushTimes times, IMediator mediator,
    TimeProvider clock, ILogger<NotificationPlanner> log) : BackgroundService
{
    private const int LooksAtOnce = 16;
    private const int MaxTaken = 256;

    // More members, or more connected devices, are a large conversation, of which so many are looked up together. Few of them are looked at at a time, so that they hold up no other.
    private const int MembersAtOnce = 512;
    private const int LargeLooksAtOnce = 2;
    private const int CursorsAtOnce = 32;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly RepeatedLines _lines = new(clock);

    // As many as there are watches at most.
    private readonly Channel<Watch> _large = Channel.CreateUnbounded<Watch>();

    /// <summary>Looks at one; if that fails, it is looked at again soon.</summary>
    /// <param name="watch">Taken, and given back by this.</param>
    /// <param name="mayBeLarge">False: if it is a large conversation it is only put where those wait.</param>
    /// <param name="ct">Leaves it unfinished.</param>
    public async ValueTask TryLookAsync(Watch watch, bool mayBeLarge, CancellationToken ct)
    {
        try
        {
            var members = watch.Live is null ? await mediator.Send(new GetMembers(watch.Conversation), ct) : [];
            if (!mayBeLarge && (watch.Live?.Count ?? members.Count) > MembersAtOnce)
                _large.Writer.TryWrite(watch);
            else if (watch.Live is null)
                await LookFirstAsync(watch, members, ct);
            else
                await LookAtLiveAsync(watch, watch.Live, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (_lines.Count(e.GetType().Name) is { } times)
                log.NotPlanned(watch.Conversation, times, e);
            watches.LookAgain(watch, RetryPause);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Parallel.ForEachAsync(
            TakeAsync(stoppingToken), AtOnce(LooksAtOnce, stoppingToken), (watch, cancelled) => TryLookAsync(watch, mayBeLarge: false, cancelled)),
        Parallel.ForEachAsync(
            _large.Reader.ReadAllAsync(stoppingToken), AtOnce(LargeLooksAtOnce, stoppingToken),
            (watch, cancelled) => TryLookAsync(watch, mayBeLarge: true, cancelled)));

    private async IAsyncEnumerable<Watch> TakeAsync([EnumeratorCancellation] CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            while (watches.TakeDue(MaxTaken) is { Count: > 0 } taken)
            {
                foreach (var watch in taken)
                    yield return watch;
            }
        }
    }

    private static ParallelOptions AtOnce(int looks, CancellationToken ct) => new() { MaxDegreeOfParallelism = looks, CancellationToken = ct };

    private async Task LookFirstAsync(Watch watch, IReadOnlyList<UserId> members, CancellationToken ct)
    {
        if (watch.Deleted is { } deleted)
            await withdrawals.LookAtMembersAsync(watch.Conversation, members, deleted, ct);
        if (watch.UpTo == SeqNo.None)
        {
            watches.Finish(watch);
            return;
        }
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
        var late = await Concurrently.SelectAsync(live, CursorsAtOnce, (subscription, cancelled) => IsLateAsync(watch, subscription.Device, cancelled), ct);
        await AddAsync(watch, [.. live.Where((_, index) => late[index])], ct);
        watches.Finish(watch);
    }

    private async ValueTask<bool> IsLateAsync(Watch watch, DeviceAddress device, CancellationToken ct) =>
        (await cursors.ReadNewestAsync(new CursorKey(device.User, device.Device, watch.Conversation), ct)).Delivered < watch.UpTo
        && (await cursors.ReadNewestAsync(new CursorKey(device.User, null, watch.Conversation), ct)).Read < watch.UpTo;

    private Task AddAsync(Watch watch, List<PushSubscription> to, CancellationToken ct) =>
        due.AddAsync(to, watch.Conversation, watch.UpTo, watch.Since, ct);
}
