using Chat.Modules.Delivery.Notifications.Dead;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Microsoft.Extensions.Logging;

namespace Chat.Modules.Delivery.Notifications.Sending;

/// <summary>
/// Sends what is due for one device, one notification after the other. Before each it asks what is owed. What a platform took is noted before the claim is settled: a crash between the two
/// costs a look, and one before it a second notification.
/// </summary>
internal sealed class NotificationSender(
    IEnumerable<IPushPlatform> platforms, IDueStore store, DueItems due, ISubscriptionStore stored, UserSubscriptions subscriptions, SubscribedDevices devices,
    OwedMessages owedMessages, NotificationComposer composer, INotifiedStore notified, IDeadLetters dead, PushTimes times, PushMetrics metrics,
    TimeProvider clock, ILogger<NotificationSender> log)
{
    /// <summary>Between two attempts, unless the platform asked for more.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    // A store that is away.
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(5);

    /// <summary>Nothing more is begun when so little of the lease is left: what is begun must have ended before others may claim the device.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromSeconds(20);

    private readonly RepeatedLines _lines = new(clock);
    private readonly Dictionary<PushKind, IPushPlatform> _platforms = platforms.ToDictionary(platform => platform.Kind);

    /// <summary>Sends what a claim has, and settles it.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="until">When its lease ends, by the monotonic clock.</param>
    /// <param name="ct">Ends the wait for the platform: the claim is settled all the same.</param>
    public async Task SendAsync(DueClaim claim, long until, CancellationToken ct)
    {
        var subscription = await stored.FindAsync(claim.Device, ct);
        if (subscription is not null && !await devices.IsUsersAsync(subscription, ct))
        {
            log.SubscriptionOfRevoked(subscription.Kind, subscription.Device);
            await subscriptions.RemoveAsync(subscription.Device, subscription.Id, CancellationToken.None);
            subscription = null;
        }
        if (subscription is null)
        {
            foreach (var _ in claim.Items)
                metrics.Cancelled(claim.Kind);
            await store.SettleAsync(claim, new DueSettlement(claim.Items, TimeSpan.Zero, 0, null), ct);
            return;
        }
        if (subscription.Kind != claim.Kind)
        {
            await due.AddAsync(subscription.Kind, claim.Items, ct);
            await store.SettleAsync(claim, new DueSettlement(claim.Items, TimeSpan.Zero, 0, null), ct);
            return;
        }
        var progress = new Progress(claim.Attempts, claim.Reason);
        try
        {
            foreach (var item in claim.Items)
            {
                if (clock.GetElapsedTime(clock.GetTimestamp(), until) < Reserve)
                    break;
                // It may have ended, or ask for less, since the notification before: the next claim has the one of then.
                if (item != claim.Items[0] && (await stored.FindAsync(claim.Device, ct))?.Id != subscription.Id)
                    break;
                if (!await SendAsync(item, subscription, progress, until, ct))
                    break;
            }
        }
        catch (Exception) when (!ct.IsCancellationRequested)
        {
            // Longer each time: if it cannot be noted as told, it is told again.
            progress.Faulted();
            var pause = PauseOf(progress.Attempts, null);
            progress.Pause = pause > FaultPause ? pause : FaultPause;
            throw;
        }
        finally
        {
            await store.SettleAsync(claim, progress.ToSettlement(claim), CancellationToken.None);
        }
    }

    /// <summary>False if the device's other notifications must wait.</summary>
    private async Task<bool> SendAsync(DueItem item, PushSubscription subscription, Progress progress, long until, CancellationToken ct)
    {
        var owed = await owedMessages.FindAsync(item.Device, item.Conversation, item.UpTo, ct);
        if (owed.Newest is null && !owed.IsToBeWithdrawn)
        {
            if (MayBeReadElsewhere(item, owed))
            {
                progress.Pause = times.Unsaved;
                return true;
            }
            metrics.Cancelled(subscription.Kind);
            progress.Done.Add(item);
            return true;
        }
        // The later one, where the operator had it sent again.
        var since = owed.Newest is { } newest && newest.Timestamp > item.Since ? newest.Timestamp : item.Since;
        var left = since + times.GiveUpAfter - clock.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            await GiveUpAsync(item, owed, subscription, progress, ct);
            return true;
        }
        var notification = await composer.ComposeAsync(subscription, item.Conversation, owed, left, ct);
        switch (await AskAsync(subscription, notification, until, ct))
        {
            case PushOutcome.Sent:
                await notified.SaveAsync(item.Device, item.Conversation, PlaceOf(owed), CancellationToken.None);
                Sent(item, owed, subscription, progress);
                progress.Succeeded(item);
                return true;
            case PushOutcome.Gone gone:
                metrics.Failed(subscription.Kind, gone.Reason);
                log.SubscriptionGone(subscription.Kind, subscription.Device, gone.Status);
                await subscriptions.RemoveAsync(subscription.Device, subscription.Id, CancellationToken.None);
                // The next claim finds no subscription, or a new one.
                return false;
            case PushOutcome.Refused refused:
                metrics.Failed(subscription.Kind, refused.Reason);
                progress.Failed(refused.Reason, refused.Status);
                await GiveUpAsync(item, owed, subscription, progress, CancellationToken.None);
                return true;
            case PushOutcome.Misconfigured misconfigured:
                metrics.Failed(subscription.Kind, misconfigured.Reason);
                if (_lines.Count($"keys {subscription.Kind} {misconfigured.Reason} {misconfigured.Status}") is { } times)
                    log.KeysRefused(subscription.Kind, misconfigured.Reason, misconfigured.Status, times);
                progress.Failed(misconfigured.Reason, misconfigured.Status);
                progress.Pause = PauseOf(progress.Attempts, null);
                return false;
            case PushOutcome.Retry retry:
                if (!retry.NotTried)
                {
                    metrics.Failed(subscription.Kind, retry.Reason);
                    progress.Failed(retry.Reason, retry.Status);
                }
                else
                {
                    progress.Reason ??= retry.Reason;
                }
                progress.Pause = PauseOf(Math.Max(1, progress.Attempts), retry.After is { } after && after > left ? left : retry.After);
                return false;
            default:
                throw new InvalidOperationException("A platform answered with an unknown outcome.");
        }
    }

    // What is shown is looked at because it was read, and the server on which it was may not have saved that yet: it is looked at again. What is due for a message is older.
    private bool MayBeReadElsewhere(DueItem item, Owed owed) =>
        owed.Notified.IsShown && item.UpTo <= owed.Notified.UpTo && (clock.GetUtcNow() - item.Since).Duration() < times.Unsaved;

    // Ended before others may claim the device.
    private async Task<PushOutcome> AskAsync(PushSubscription subscription, PushNotification notification, long until, CancellationToken ct)
    {
        if (!_platforms.TryGetValue(subscription.Kind, out var platform) || !platform.IsConfigured)
            return new PushOutcome.Misconfigured(PushReason.BadCredentials, 0);
        var left = clock.GetElapsedTime(clock.GetTimestamp(), until) - (Reserve / 2);
        if (left <= TimeSpan.Zero)
            return new PushOutcome.Retry(PushReason.Timeout, null, 0, NotTried: true);
        using var leased = new CancellationTokenSource(left, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(leased.Token, ct);
        try
        {
            return await platform.SendAsync(subscription, notification, both.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new PushOutcome.Retry(PushReason.Timeout, null, 0);
        }
    }

    private static NotifiedPlace PlaceOf(Owed owed) => owed.Newest is { } message
        ? owed.Notified with { UpTo = message.SeqNo }
        : owed.Notified with { Withdrawn = owed.Notified.UpTo };

    private void Sent(DueItem item, Owed owed, PushSubscription subscription, Progress progress)
    {
        if (owed.Newest is null)
        {
            metrics.Withdrew(subscription.Kind);
            return;
        }
        var lag = clock.GetUtcNow() - item.Since;
        metrics.Sent(subscription.Kind, lag);
        if (lag > times.Late)
            log.SentLate(item.Device, item.Conversation, lag.TotalSeconds, progress.Reason ?? "it was found or claimed late");
    }

    // It is not noted as told: the operator may send it again, and the next message is about this one, too.
    private async Task GiveUpAsync(DueItem item, Owed owed, PushSubscription subscription, Progress progress, CancellationToken ct)
    {
        progress.Done.Add(item);
        if (owed.Newest is not { } message)
            return;
        var now = clock.GetUtcNow();
        var reason = progress.Reason ?? PushReason.Timeout;
        await dead.AddAsync(
            new DeadLetter(
                Guid.CreateVersion7(now), subscription.Kind, item.Device, item.Conversation, message.SeqNo, reason, progress.Status, progress.Attempts, item.Since, now),
            ct);
        metrics.Died(subscription.Kind, reason);
        if (_lines.Count($"gave up {subscription.Kind} {reason}") is { } times)
            log.GaveUp(item.Device, reason, progress.Status, progress.Attempts, times);
    }

    // 1 s, doubling, less up to a half so that not all come at once; never before the platform asked for.
    private static TimeSpan PauseOf(int attempts, TimeSpan? after)
    {
        var longest = Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(attempts, 16) - 1));
        var pause = TimeSpan.FromSeconds(longest * (0.5 + (Random.Shared.NextDouble() / 2)));
        return after is { } asked && asked > pause ? asked : pause;
    }

    /// <summary>What one claim has come to.</summary>
    private sealed class Progress(int attempts, string? reason)
    {
        public List<DueItem> Done { get; } = [];

        public int Attempts { get; private set; } = attempts;

        public string? Reason { get; set; } = reason;

        public int Status { get; private set; }

        public TimeSpan Pause { get; set; }

        public void Failed(string why, int status) => (Attempts, Reason, Status) = (Attempts + 1, why, status);

        public void Faulted() => Attempts++;

        public void Succeeded(DueItem item)
        {
            Done.Add(item);
            (Attempts, Reason, Status) = (0, null, 0);
        }

        public DueSettlement ToSettlement(DueClaim claim) => new(Done, Pause, Attempts, Reason);
    }
}
