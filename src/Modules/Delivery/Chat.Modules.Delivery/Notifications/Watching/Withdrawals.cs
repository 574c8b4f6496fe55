using System.Collections.Concurrent;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Delivery.Notifications.Sending;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Groups.Contracts;
using Chat.Modules.Messaging.Contracts;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Watching;

/// <summary>
/// When a user has read on one device what others of the user's show, these are due: the look then finds it read, and takes it back. So are those that show a message which was deleted, and all that
/// show one which the user has cleared. What was read, deleted or cleared, and lost when the server ended, is found at the next start by the cursors, the log and the settings; the rest, and where there was no room, stays on
/// the device until its user opens it.
/// </summary>
internal sealed class Withdrawals(
    UserSubscriptions subscriptions, INotifiedStore notified, CursorTable cursors, DueItems due, IMediator mediator, IOptions<PushOptions> options,
    TimeProvider clock, ILogger<Withdrawals> log) : BackgroundService
{
    private const int ReadAtOnce = 256;
    private const int MembersAtOnce = 512;
    private const int PlacesAtOnce = 32;

    private readonly RepeatedLines _lines = new(clock);

    // One entry for each user and conversation in which a user has read, or which it has cleared.
    private readonly ConcurrentDictionary<(UserId User, ConversationId Conversation), Told> _read = new();

    // The lowest of each conversation.
    private readonly ConcurrentDictionary<ConversationId, SeqNo> _deleted = new();

    /// <summary>A message was deleted. Never waits.</summary>
    public void Deleted(ConversationId conversation, SeqNo message)
    {
        if (_deleted.Count < options.Value.MaxWatches)
            _deleted.AddOrUpdate(conversation, message, (_, lowest) => SeqNo.Min(lowest, message));
    }

    /// <summary>A device's user has read up to a seqNo. Never waits.</summary>
    public void Read(DeviceAddress device, ConversationId conversation, SeqNo seqNo)
    {
        var read = new Told(device.Device, seqNo, SeqNo.None);
        if (_read.Count < options.Value.MaxWatches)
            _read.AddOrUpdate((device.User, conversation), read, (_, before) => read with { Cleared = before.Cleared });
    }

    /// <summary>A user has cleared a conversation up to a seqNo. Never waits.</summary>
    public void Cleared(UserId user, ConversationId conversation, SeqNo seqNo)
    {
        if (_read.Count < options.Value.MaxWatches)
            _read.AddOrUpdate((user, conversation), new Told(null, SeqNo.None, seqNo), (_, before) => before with { Cleared = SeqNo.Max(before.Cleared, seqNo) });
    }

    /// <summary>Makes due what is to be withdrawn by now.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        foreach (var (key, _) in _read)
        {
            if (_read.TryRemove(key, out var read))
                await TryAsync(() => LookAtDevicesAsync(key.User, key.Conversation, read, ct), ct);
        }
        foreach (var (conversation, _) in _deleted)
        {
            if (_deleted.TryRemove(conversation, out var message))
                await TryAsync(() => LookAtMembersAsync(conversation, message, ct), ct);
        }
    }

    /// <summary>
    /// Makes due what was to be withdrawn when the server ended: of what was shown within <see cref="PushOptions.GiveUpAfter"/>, what the user has read or cleared, or what was deleted, and the device has
    /// not got. A device that has it was told by its connection.
    /// </summary>
    public async Task FindLostAsync(CancellationToken ct)
    {
        var since = clock.GetUtcNow() - options.Value.GiveUpAfter;
        for (ShownPlace? last = null; await notified.ReadShownAsync(since, last, ReadAtOnce, ct) is { Count: > 0 } some; last = some[^1])
        {
            foreach (var shown in some)
            {
                if (await IsToBeWithdrawnAsync(shown, ct)
                    && (await subscriptions.OfAsync([shown.Device.User], ct)).FirstOrDefault(one => one.Device == shown.Device) is { } subscription)
                    await due.AddAsync([subscription], shown.Conversation, shown.Place.UpTo, clock.GetUtcNow(), ct);
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
            log.NotWithdrawn(1, e);
        }
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.GatherMs), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await LookAsync(stoppingToken);
    }

    private async Task<bool> IsToBeWithdrawnAsync(ShownPlace shown, CancellationToken ct) =>
        (await cursors.ReadNewestAsync(new CursorKey(shown.Device.User, shown.Device.Device, shown.Conversation), ct)).Delivered < shown.Place.UpTo
        && ((await cursors.ReadNewestAsync(new CursorKey(shown.Device.User, null, shown.Conversation), ct)).Read >= shown.Place.UpTo
            || await OwedMessages.IsDeletedAsync(mediator, shown.Conversation, shown.Place.UpTo, ct)
            || (await mediator.Send(new GetMembershipAsReader(shown.Conversation, shown.Device.User), ct))?.VisibleAfter >= shown.Place.UpTo);

    private async Task LookAtDevicesAsync(UserId user, ConversationId conversation, Told told, CancellationToken ct)
    {
        foreach (var subscription in await subscriptions.OfAsync([user], ct))
        {
            var upTo = told.For(subscription.Device.Device);
            if (upTo > SeqNo.None)
                await WithdrawAsync(subscription, conversation, place => place.UpTo <= upTo, ct);
        }
    }

    private async Task LookAtMembersAsync(ConversationId conversation, SeqNo deleted, CancellationToken ct)
    {
        foreach (var some in (await mediator.Send(new GetMembers(conversation), ct)).Chunk(MembersAtOnce))
        {
            await Concurrently.SelectAsync(
                await subscriptions.OfAsync(some, ct), PlacesAtOnce,
                (subscription, cancelled) => WithdrawAsync(subscription, conversation, place => place.UpTo >= deleted, cancelled), ct);
        }
    }

    private async ValueTask<bool> WithdrawAsync(PushSubscription subscription, ConversationId conversation, Predicate<NotifiedPlace> isConcerned, CancellationToken ct)
    {
        var place = await notified.ReadAsync(subscription.Device, conversation, ct);
        if (!place.IsShown || !isConcerned(place))
            return false;
        await due.AddAsync([subscription], conversation, place.UpTo, clock.GetUtcNow(), ct);
        return true;
    }

    private async Task TryAsync(Func<Task> look, CancellationToken ct)
    {
        try
        {
            await look();
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (_lines.Count(e.GetType().Name) is { } times)
                log.NotWithdrawn(times, e);
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
