using System.Collections.Concurrent;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Delivery.Notifications.Sending;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>
/// When a user has read on one device what others of the user's show, these are due: the look then finds it read, and takes it back. So are those that show a message which was deleted, and all that
/// show one which the user has cleared. They are due before the cursor is saved that says so: a server that is killed leaves a read that its client says again, or one that is due. What was
/// deleted is watched as messages are (<see cref="Watches"/>), and found in the feed. The embedded server looks at all that is shown when it starts. What was cleared on a cluster right before a
/// crash, and where there was no room, stays on the device until its user opens it.
/// </summary>
internal sealed class Withdrawals : BackgroundService
{
    private const int ReadAtOnce = 256;
    private const int MembersAtOnce = 512;
    private const int PlacesAtOnce = 32;
    private const int LooksAtOnce = 8;

    // For so long a queue that does not answer holds up the cursors.
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(1);

    private readonly UserSubscriptions _subscriptions;
    private readonly INotifiedStore _notified;
    private readonly CursorTable _cursors;
    private readonly DueItems _due;
    private readonly IMediator _mediator;
    private readonly PushOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<Withdrawals> _log;
    private readonly RepeatedLines _lines;

    // One look at a time: who waits for it knows that all that was read before is due.
    private readonly SemaphoreSlim _turn = new(1);

    // One entry for each user and conversation in which a user has read, or which it has cleared.
    private readonly ConcurrentDictionary<(UserId User, ConversationId Conversation), Told> _read = new();

    public Withdrawals(
        UserSubscriptions subscriptions, INotifiedStore notified, CursorTable cursors, DueItems due, IMediator mediator, IOptions<PushOptions> options,
        TimeProvider clock, ILogger<Withdrawals> log)
    {
        (_subscriptions, _notified, _cursors, _due, _mediator) = (subscriptions, notified, cursors, due, mediator);
        (_options, _clock, _log, _lines) = (options.Value, clock, log, new RepeatedLines(clock));
        cursors.BeforeSaving = MakeDueAsync;
    }

    /// <summary>A device's user has read up to a seqNo. Never waits.</summary>
    public void Read(DeviceAddress device, ConversationId conversation, SeqNo seqNo)
    {
        var read = new Told(device.Device, seqNo, SeqNo.None);
        if (_read.Count < _options.MaxWatches)
            _read.AddOrUpdate((device.User, conversation), read, (_, before) => read with { Cleared = before.Cleared });
    }

    /// <summary>A user has cleared a conversation up to a seqNo. Never waits.</summary>
    public void Cleared(UserId user, ConversationId conversation, SeqNo seqNo)
    {
        if (_read.Count < _options.MaxWatches)
            _read.AddOrUpdate((user, conversation), new Told(null, SeqNo.None, seqNo), (_, before) => before with { Cleared = SeqNo.Max(before.Cleared, seqNo) });
    }

    /// <summary>Makes due what is to be withdrawn by now. What fails is tried again by the next call.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (_read.IsEmpty)
                return;
            await Parallel.ForEachAsync(
                _read.Keys, new ParallelOptions { MaxDegreeOfParallelism = LooksAtOnce, CancellationToken = ct }, async (key, cancelled) =>
                {
                    if (_read.TryRemove(key, out var read))
                        await TryLookAsync(key, read, cancelled);
                });
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Makes due what was to be withdrawn when the server ended: of what was shown within <see cref="PushOptions.GiveUpAfter"/>, what the user has read or cleared, or what was deleted, and the device has
    /// not got. A device that has it was told by its connection.
    /// </summary>
    public async Task FindLostAsync(CancellationToken ct)
    {
        var since = _clock.GetUtcNow() - _options.GiveUpAfter;
        for (ShownPlace? last = null; await _notified.ReadShownAsync(since, last, ReadAtOnce, ct) is { Count: > 0 } some; last = some[^1])
        {
            foreach (var shown in some)
            {
                if (await IsToBeWithdrawnAsync(shown.Device, shown.Conversation, shown.Place, ct)
                    && (await _subscriptions.OfAsync([shown.Device.User], ct)).FirstOrDefault(one => one.Device == shown.Device) is { } subscription)
                    await _due.AddAsync([subscription], shown.Conversation, shown.Place.UpTo, _clock.GetUtcNow(), ct);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await FindLostAsync(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            _log.NotWithdrawn(1, e);
        }
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(_options.GatherMs), _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await LookAsync(stoppingToken);
    }

    /// <summary>Whether the user has read or cleared what a device shows, or it was deleted, and the device has not got it: one that has it was told by its connection.</summary>
    public async Task<bool> IsToBeWithdrawnAsync(DeviceAddress device, ConversationId conversation, NotifiedPlace place, CancellationToken ct) =>
        place.IsShown
        && (await _cursors.ReadNewestAsync(new CursorKey(device.User, device.Device, conversation), ct)).Delivered < place.UpTo
        && ((await _cursors.ReadNewestAsync(new CursorKey(device.User, null, conversation), ct)).Read >= place.UpTo
            || await OwedMessages.IsDeletedAsync(_mediator, conversation, place.UpTo, ct)
            || (await _mediator.Send(new GetMembershipAsReader(conversation, device.User), ct))?.VisibleAfter >= place.UpTo);

    // The wait is bounded, not the look: what it has taken it finishes.
    private async Task MakeDueAsync()
    {
        if (_read.IsEmpty && _turn.CurrentCount > 0)
            return;
        try
        {
            await LookAsync(CancellationToken.None).WaitAsync(MostWait, _clock);
        }
        catch (TimeoutException)
        {
            if (_lines.Count(nameof(MakeDueAsync)) is { } times)
                _log.WithdrawalsHoldUp(times);
        }
    }

    /// <summary>Makes due those members' devices that show a message which was deleted.</summary>
    /// <param name="conversation">Where.</param>
    /// <param name="members">All of them.</param>
    /// <param name="deleted">The lowest that was; <see cref="SeqNo.None"/> if it is not known.</param>
    /// <param name="ct">Leaves some.</param>
    public async Task LookAtMembersAsync(ConversationId conversation, IReadOnlyList<UserId> members, SeqNo deleted, CancellationToken ct)
    {
        foreach (var some in members.Chunk(MembersAtOnce))
        {
            await Concurrently.SelectAsync(
                await _subscriptions.OfAsync(some, ct), PlacesAtOnce,
                (subscription, cancelled) => WithdrawAsync(
                    subscription, conversation,
                    async place => place.UpTo >= deleted && (deleted != SeqNo.None || await OwedMessages.IsDeletedAsync(_mediator, conversation, place.UpTo, cancelled)),
                    cancelled),
                ct);
        }
    }

    private async Task LookAtDevicesAsync(UserId user, ConversationId conversation, Told told, CancellationToken ct)
    {
        foreach (var subscription in await _subscriptions.OfAsync([user], ct))
        {
            var upTo = told.For(subscription.Device.Device);
            if (upTo > SeqNo.None)
                await WithdrawAsync(subscription, conversation, place => ValueTask.FromResult(place.UpTo <= upTo), ct);
        }
    }

    private async ValueTask<bool> WithdrawAsync(
        PushSubscription subscription, ConversationId conversation, Func<NotifiedPlace, ValueTask<bool>> isConcerned, CancellationToken ct)
    {
        var place = await _notified.ReadAsync(subscription.Device, conversation, ct);
        if (!place.IsShown || !await isConcerned(place))
            return false;
        await _due.AddAsync([subscription], conversation, place.UpTo, _clock.GetUtcNow(), ct);
        return true;
    }

    private async ValueTask TryLookAsync((UserId User, ConversationId Conversation) key, Told told, CancellationToken ct)
    {
        try
        {
            await LookAtDevicesAsync(key.User, key.Conversation, told, ct);
        }
        catch (Exception e)
        {
            // The user may have read on meanwhile.
            _read.AddOrUpdate(key, told, (_, newer) => (newer.Reader is null ? told : newer) with { Cleared = SeqNo.Max(newer.Cleared, told.Cleared) });
            if (ct.IsCancellationRequested)
                throw;
            if (_lines.Count(e.GetType().Name) is { } times)
                _log.NotWithdrawn(times, e);
        }
    }

    /// <summary>What is to be withdrawn of a user's conversation.</summary>
    /// <param name="Reader">The device that read last; null for none.</param>
    /// <param name="Read">Up to where it has read: it has removed that by itself.</param>
    /// <param name="Cleared">Up to where the user has cleared it, for all devices.</param>
    private readonly record struct Told(DeviceId? Reader, SeqNo Read, SeqNo Cleared)
    {
        public SeqNo For(DeviceId device) => device == Reader ? Cleared : SeqNo.Max(Read, Cleared);
    }
}
