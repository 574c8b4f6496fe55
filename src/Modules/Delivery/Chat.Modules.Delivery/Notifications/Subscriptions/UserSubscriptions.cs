using System.Text;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Delivery.Notifications.Subscriptions;

/// <summary>
/// The subscriptions of users who had messages lately, those without one too: a message costs no request for them. What changes here is known at once, on other
/// nodes by the bus; what the bus loses is read again after <see cref="Life"/>.
/// </summary>
internal sealed class UserSubscriptions(ISubscriptionStore store, IBus bus, IOptions<PushOptions> options, TimeProvider clock) : IBusHandler, INodeObserver
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();

    // Under _gate. Users used lately, and users used before them.
    private Dictionary<UserId, Entry> _recent = [];
    private Dictionary<UserId, Entry> _older = [];

    // Under _gate. Rises with each change, so that what was read before it is not kept.
    private long _changes;

    public string Topic => "push.subscriptions";

    /// <summary>The subscriptions of some users' devices, in no order.</summary>
    public async ValueTask<IReadOnlyList<PushSubscription>> OfAsync(IReadOnlyList<UserId> users, CancellationToken ct)
    {
        List<PushSubscription>? found = null;
        List<UserId>? missing = null;
        long before;
        var now = clock.GetTimestamp();
        lock (_gate)
        {
            before = _changes;
            for (var i = 0; i < users.Count; i++)
            {
                if (Find(users[i]) is not { } entry || clock.GetElapsedTime(entry.ReadAt, now) >= Life)
                    (missing ??= []).Add(users[i]);
                else if (entry.Subscriptions.Length > 0)
                    (found ??= []).AddRange(entry.Subscriptions);
            }
        }
        if (missing is null)
            return found ?? [];
        var read = (await store.ReadAsync(missing, ct)).ToLookup(subscription => subscription.Device.User);
        lock (_gate)
        {
            foreach (var user in missing)
            {
                var entry = new Entry([.. read[user]], now);
                if (_changes == before)
                    Keep(user, entry);
                (found ??= []).AddRange(entry.Subscriptions);
            }
        }
        return found!;
    }

    public async Task PutAsync(PushSubscription subscription, CancellationToken ct)
    {
        var ended = await store.PutAsync(subscription, options.Value.MaxSubscriptions, ct);
        foreach (var user in ended.Append(subscription.Device.User).Distinct())
            Changed(user);
    }

    /// <inheritdoc cref="ISubscriptionStore.RemoveAsync"/>
    public async Task<bool> RemoveAsync(DeviceAddress device, Guid? id, CancellationToken ct)
    {
        var isRemoved = await store.RemoveAsync(device, id, ct);
        Changed(device.User);
        return isRemoved;
    }

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        if (UserId.TryParse(Encoding.UTF8.GetString(payload.Span), out var user))
            Forget(user);
        return ValueTask.CompletedTask;
    }

    public void Missed(NodeId from) => ForgetAll();

    public void Left(NodeId node) => ForgetAll();

    public void LeaseGained(NodeId self) => ForgetAll();

    private void Changed(UserId user)
    {
        Forget(user);
        bus.Broadcast(Topic, Encoding.UTF8.GetBytes(user.Value));
    }

    private void Forget(UserId user)
    {
        lock (_gate)
        {
            _changes++;
            _recent.Remove(user);
            _older.Remove(user);
        }
    }

    private void ForgetAll()
    {
        lock (_gate)
        {
            _changes++;
            (_recent, _older) = ([], []);
        }
    }

    // Under _gate, as all below.
    private Entry? Find(UserId user)
    {
        if (_recent.TryGetValue(user, out var entry))
            return entry;
        if (!_older.Remove(user, out entry))
            return null;
        Keep(user, entry);
        return entry;
    }

    private void Keep(UserId user, Entry entry)
    {
        if (_recent.Count >= options.Value.MaxCachedUsers / 2)
            (_older, _recent) = (_recent, []);
        _recent[user] = entry;
    }

    private sealed record Entry(PushSubscription[] Subscriptions, long ReadAt);
}
