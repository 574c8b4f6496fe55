using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Delivery.Connections;
using Chat.Modules.Delivery.Cursors;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Sending;
using Chat.Modules.Delivery.Notifications.Subscriptions;
using Chat.Modules.Delivery.Notifications.Watching;
using Chat.Modules.Messaging.Contracts;
using Chat.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Tests.Notifications;

/// <summary>What one server has of push notifications, from its start to its end.</summary>
internal sealed class PushServer
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock;

    public PushServer(
        PushStores stores, FakePlatform platform, IChangeFeed feed, IBus bus, Receivers receivers, CursorTable cursors, DeliveryMetrics metrics, DeliveryOptions delivery,
        FakeMediator mediator, TestMeters meters, TimeProvider clock, PushOptions? options = null, bool hasOthers = false)
    {
        (Stores, Platform, _clock) = (stores, platform, clock);
        var settings = Options.Create(options ?? new PushOptions());
        Times = PushTimes.Of(settings.Value, delivery, hasOthers);
        var pushMetrics = new PushMetrics(meters, clock);
        Subscriptions = new UserSubscriptions(stores, bus, settings, clock);
        Due = new DueItems(stores, pushMetrics);
        Watches = new Watches(settings, Times, metrics, clock);
        Withdrawals = new Withdrawals(Subscriptions, stores, cursors, Due, mediator, settings, clock, new Logger<Withdrawals>(Logs));
        Planner = new NotificationPlanner(
            Watches, Subscriptions, Due, Withdrawals, receivers, cursors, Times, mediator, clock, new Logger<NotificationPlanner>(Logs));
        Follower = new NotificationFollower(feed, Watches, clock, new Logger<NotificationFollower>(Logs));
        Owed = new OwedMessages(cursors, stores, mediator, clock);
        Sender = new NotificationSender(
            [platform], stores, Due, stores, Subscriptions, new SubscribedDevices(mediator, settings), Owed, new NotificationComposer(mediator), stores, stores, Times, pushMetrics, clock,
            new Logger<NotificationSender>(Logs));
        Worker = new NotificationWorker(stores, Due, Sender, settings, pushMetrics, clock, new Logger<NotificationWorker>(Logs));
        Lost = new LostDueItems(stores, Due, Watches, feed, Subscriptions, Owed, Withdrawals, Times, settings, mediator, clock, new Logger<LostDueItems>(Logs));
    }

    public LogLines Logs { get; } = new();

    public PushStores Stores { get; }

    public FakePlatform Platform { get; }

    public PushTimes Times { get; }

    public UserSubscriptions Subscriptions { get; }

    public DueItems Due { get; }

    public Watches Watches { get; }

    public NotificationPlanner Planner { get; }

    public Withdrawals Withdrawals { get; }

    public NotificationFollower Follower { get; }

    public OwedMessages Owed { get; }

    public NotificationSender Sender { get; }

    public NotificationWorker Worker { get; }

    public LostDueItems Lost { get; }

    /// <summary>As the planner does: looks at all that are to be looked at now.</summary>
    public async Task LookAsync(CancellationToken ct)
    {
        while (Watches.TakeDue(256) is { Count: > 0 } taken)
        {
            foreach (var watch in taken)
                await Planner.TryLookAsync(watch, mayBeLarge: true, ct);
        }
    }

    /// <summary>As the worker does: has all sent that is due now.</summary>
    /// <returns>Whether something was due.</returns>
    public async Task<bool> SendDueAsync(CancellationToken ct)
    {
        var until = _clock.GetTimestamp() + (long)(Lease.TotalSeconds * _clock.TimestampFrequency);
        var claims = await Stores.ClaimAsync(Platform.Kind, 128, Lease, ct);
        await Task.WhenAll(claims.Select(claim => Sender.SendAsync(claim, until, ct)));
        return claims.Count > 0;
    }
}
