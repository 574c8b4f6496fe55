using Chat.BuildingBlocks.Ids;
using Chat.Modules.Delivery.Notifications;
using Chat.Modules.Delivery.Notifications.Dead;
using Chat.Modules.Delivery.Notifications.Due;
using Chat.Modules.Delivery.Notifications.Notified;
using Chat.Modules.Delivery.Notifications.Subscriptions;

namespace Chat.Modules.Delivery.Tests.Notifications;

/// <summary>
/// What is durable of push notifications, in memory. Each call passes <see cref="Step"/> before it happens and after it has: there a test lets a store be away, or the server
/// die.
/// </summary>
internal sealed class PushStores(TimeProvider clock) : IDueStore, INotifiedStore, IDeadLetters, ISubscriptionStore
{
    private readonly Dictionary<DeviceAddress, PushSubscription> _subscriptions = [];
    private readonly Dictionary<(DeviceAddress, ConversationId), NotifiedPlace> _notified = [];
    private readonly List<DeadLetter> _dead = [];
    private MemoryDueStore _due = Whole(clock);
    private DateTimeOffset _rebuildEnds = DateTimeOffset.MaxValue;

    /// <summary>May throw.</summary>
    public Action Step { get; set; } = () => { };

    /// <summary>Awaited before the subscriptions of users are read.</summary>
    public Func<IReadOnlyCollection<UserId>, Task> Reading { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyList<DeadLetter> Dead => [.. _dead];

    public IEnumerable<PushSubscription> Subscriptions => _subscriptions.Values;

    /// <summary>Puts a subscription directly.</summary>
    public PushSubscription Subscribe(DeviceAddress device, PushKind kind = PushKind.WebPush, PushContent content = PushContent.None) =>
        _subscriptions[device] = new PushSubscription(
            device, kind, $"https://push.example/{device}", null, null, null, false, content, clock.GetUtcNow(), Guid.CreateVersion7(clock.GetUtcNow()));

    /// <summary>As a Redis that begins with nothing.</summary>
    public void LoseDue() => _due = new MemoryDueStore(clock);

    public Task AddAsync(PushKind kind, IReadOnlyCollection<DueItem> items, CancellationToken ct) => DoAsync(() => _due.AddAsync(kind, items, ct));

    public Task<IReadOnlyList<DueClaim>> ClaimAsync(PushKind kind, int maxDevices, TimeSpan lease, CancellationToken ct) =>
        DoAsync(() => _due.ClaimAsync(kind, maxDevices, lease, ct));

    public Task SettleAsync(DueClaim claim, DueSettlement settlement, CancellationToken ct) => DoAsync(() => _due.SettleAsync(claim, settlement, ct));

    public Task<DueSummary> SummariseAsync(PushKind kind, CancellationToken ct) => _due.SummariseAsync(kind, ct);

    /// <summary>As Redis: who comes after the end of its lease begins again.</summary>
    public Task<Rebuild> TryRebuildAsync(TimeSpan lease, CancellationToken ct) => DoAsync(async () =>
    {
        var found = await _due.TryRebuildAsync(lease, ct);
        if (found is Rebuild.Continued && clock.GetUtcNow() > _rebuildEnds)
            found = Rebuild.Begun;
        _rebuildEnds = clock.GetUtcNow() + lease;
        return found;
    });

    public Task MarkWholeAsync(CancellationToken ct) => DoAsync(() => _due.MarkWholeAsync(ct));

    public ValueTask<NotifiedPlace> ReadAsync(DeviceAddress device, ConversationId conversation, CancellationToken ct) =>
        new(DoAsync(() => Task.FromResult(_notified.GetValueOrDefault((device, conversation)))));

    public Task SaveAsync(DeviceAddress device, ConversationId conversation, NotifiedPlace place, CancellationToken ct) => DoAsync(() =>
    {
        var before = _notified.GetValueOrDefault((device, conversation));
        _notified[(device, conversation)] = new NotifiedPlace(SeqNo.Max(before.UpTo, place.UpTo), SeqNo.Max(before.Withdrawn, place.Withdrawn));
        return Task.CompletedTask;
    });

    public Task<IReadOnlyList<ShownPlace>> ReadShownAsync(DateTimeOffset since, ShownPlace? after, int limit, CancellationToken ct) => DoAsync(() =>
        Task.FromResult<IReadOnlyList<ShownPlace>>([.. _notified.Where(one => after is null && one.Value.IsShown)
            .Select(one => new ShownPlace(clock.GetUtcNow(), one.Key.Item1, one.Key.Item2, one.Value))]));

    Task INotifiedStore.RemoveAsync(DeviceAddress device, CancellationToken ct) => DoAsync(() =>
    {
        foreach (var key in _notified.Keys.Where(key => key.Item1 == device).ToList())
            _notified.Remove(key);
        return Task.CompletedTask;
    });

    public Task AddAsync(DeadLetter letter, CancellationToken ct) => DoAsync(() =>
    {
        _dead.Add(letter);
        return Task.CompletedTask;
    });

    public Task<IReadOnlyList<DeadLetter>> ReadAsync(Guid? before, int limit, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<DeadLetter>>([.. _dead.AsEnumerable().Reverse().Take(limit)]);

    public Task<DeadLetter?> FindAsync(Guid id, CancellationToken ct) => Task.FromResult(_dead.Find(letter => letter.Id == id));

    public Task RemoveAsync(Guid id, CancellationToken ct)
    {
        _dead.RemoveAll(letter => letter.Id == id);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<UserId>> PutAsync(PushSubscription subscription, int maxPerUser, CancellationToken ct)
    {
        _subscriptions[subscription.Device] = subscription;
        return Task.FromResult<IReadOnlyList<UserId>>([]);
    }

    public Task<bool> RemoveAsync(DeviceAddress device, Guid? id, CancellationToken ct) => DoAsync(() => Task.FromResult(
        _subscriptions.TryGetValue(device, out var there) && (id is null || there.Id == id) && _subscriptions.Remove(device)));

    public ValueTask<PushSubscription?> FindAsync(DeviceAddress device, CancellationToken ct) =>
        new(DoAsync(() => Task.FromResult(_subscriptions.GetValueOrDefault(device))));

    public ValueTask<IReadOnlyList<PushSubscription>> ReadAsync(IReadOnlyCollection<UserId> users, CancellationToken ct) => new(DoAsync<IReadOnlyList<PushSubscription>>(async () =>
    {
        await Reading(users);
        return [.. _subscriptions.Values.Where(subscription => users.Contains(subscription.Device.User))];
    }));

    private static MemoryDueStore Whole(TimeProvider clock)
    {
        var store = new MemoryDueStore(clock);
        store.MarkWholeAsync(default);
        return store;
    }

    private async Task<T> DoAsync<T>(Func<Task<T>> work)
    {
        Step();
        var result = await work();
        Step();
        return result;
    }

    private async Task DoAsync(Func<Task> work)
    {
        Step();
        await work();
        Step();
    }
}

/// <summary>A platform that notes what it took, and answers as the test says.</summary>
internal sealed class FakePlatform(TimeProvider clock, PushKind kind = PushKind.WebPush) : IPushPlatform
{
    public List<(PushSubscription To, PushNotification What, DateTimeOffset At)> Taken { get; } = [];

    /// <summary>Asked before a notification is taken; null takes it.</summary>
    public Func<PushSubscription, PushOutcome?> Answer { get; set; } = _ => null;

    /// <summary>Called when a notification was taken, before the sender knows; may throw.</summary>
    public Action<PushSubscription, PushNotification> Took { get; set; } = (_, _) => { };

    public PushKind Kind => kind;

    public bool IsConfigured => true;

    public string? FindFault(PushSubscription subscription) => null;

    public Task<PushOutcome> SendAsync(PushSubscription to, PushNotification what, CancellationToken ct)
    {
        if (Answer(to) is { } refusal)
            return Task.FromResult(refusal);
        Taken.Add((to, what, clock.GetUtcNow()));
        Took(to, what);
        return Task.FromResult<PushOutcome>(new PushOutcome.Sent(201));
    }

    public Task<string?> CheckAsync(CancellationToken ct) => Task.FromResult<string?>(null);
}
