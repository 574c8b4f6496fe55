using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Watching;

/// <summary>
/// Which connections subscribe to which users. Only users who are visible can be subscribed to; a client subscribes again when others become visible.
/// </summary>
/// <remarks>
/// A subscription because of a shared group is checked again, at the next announcement, after either user was removed from any group. So a check costs a
/// removal and not every announcement, and nobody is told of a former member. Removals are numbered: a check that began before a removal does not count after
/// it.
/// </remarks>
internal sealed class Subscriptions(IOptions<PresenceOptions> options, PresenceMetrics metrics)
{
    private readonly int _maxPerConnection = options.Value.MaxSubscriptionsPerConnection;
    private readonly int _max = options.Value.MaxSubscriptions;
    private readonly Lock _lock = new();

    // All are written under _lock, by handlers and by the AnnouncementWorker.
    private readonly Dictionary<ConnectionId, Dictionary<UserId, Subscription>> _ofConnection = [];
    private readonly Dictionary<UserId, UserEntry<Subscription>> _ofUser = [];
    private readonly Dictionary<UserId, UserEntry<ConnectionId>> _watchers = [];
    private HashSet<UserId> _unwatched = [];
    private int _count;
    private long _removals;

    /// <summary>The number of removals from groups so far. Read it before a check begins.</summary>
    public long Removals
    {
        get
        {
            lock (_lock)
                return _removals;
        }
    }

    public bool IsWatched(UserId user) => CountOf(user) > 0;

    /// <summary>The number of subscriptions to a user.</summary>
    public int CountOf(UserId user)
    {
        lock (_lock)
            return _ofUser.TryGetValue(user, out var entry) ? entry.All.Count : 0;
    }

    /// <summary>All users who are subscribed to.</summary>
    public IReadOnlyList<UserId> Watched()
    {
        lock (_lock)
            return [.. _ofUser.Keys];
    }

    /// <summary>The users whose last subscription has ended since the last call. Some may be subscribed to again.</summary>
    public IReadOnlyCollection<UserId> TakeUnwatched()
    {
        lock (_lock)
        {
            var taken = _unwatched;
            if (taken.Count > 0)
                _unwatched = [];
            return taken;
        }
    }

    /// <summary>Unsubscribes, then subscribes. If refused, nothing changes.</summary>
    /// <param name="unsubscribe">Unknown ones are ignored.</param>
    /// <param name="subscribe">The visible users, and why they are.</param>
    /// <param name="checkedAt"><see cref="Removals"/> before their visibility was checked.</param>
    public Error? Change(
        Subscriber subscriber, IReadOnlyCollection<UserId> unsubscribe, IReadOnlyDictionary<UserId, Visibility> subscribe, long checkedAt)
    {
        lock (_lock)
        {
            var held = _ofConnection.GetValueOrDefault(subscriber.Connection) ?? [];
            var wanted = held.Keys.Except(unsubscribe).Union(subscribe.Keys).ToHashSet();
            if (wanted.Count > _maxPerConnection)
                return PresenceErrors.TooManySubscriptions(_maxPerConnection);
            if (_count - held.Count + wanted.Count > _max)
                return PresenceErrors.NoRoom;

            foreach (var subscription in held.Values.Where(one => !wanted.Contains(one.User)).ToArray())
                Drop(subscription);
            foreach (var (user, visibility) in subscribe)
                Confirm(Hold(subscriber, user), visibility, checkedAt);
            return null;
        }
    }

    /// <summary>Ends all subscriptions of a connection.</summary>
    public void Remove(ConnectionId connection)
    {
        lock (_lock)
        {
            if (_ofConnection.TryGetValue(connection, out var held))
                foreach (var subscription in held.Values.ToArray())
                    Drop(subscription);
        }
    }

    public void Remove(Subscription subscription)
    {
        lock (_lock)
            Drop(subscription);
    }

    /// <summary>The subscribers of a user: the confirmed ones, and the subscriptions to check first.</summary>
    public (List<Subscriber> Confirmed, List<Subscription> ToCheck) Of(UserId user)
    {
        var confirmed = new List<Subscriber>();
        var toCheck = new List<Subscription>();
        lock (_lock)
        {
            foreach (var subscription in _ofUser.GetValueOrDefault(user)?.All ?? [])
            {
                if (subscription.NeedsCheck)
                    toCheck.Add(subscription);
                else
                    confirmed.Add(subscription.Subscriber);
            }
        }
        return (confirmed, toCheck);
    }

    /// <summary>A check found that the subscriber may see the user.</summary>
    public void Confirm(Subscription subscription, Visibility visibility, long checkedAt)
    {
        lock (_lock)
            (subscription.Visibility, subscription.CheckedAt) = (visibility, checkedAt);
    }

    /// <summary>A user was removed from a group: its subscriptions, and those to it, must be checked again.</summary>
    public void RecheckAfterRemoval(UserId removed)
    {
        lock (_lock)
        {
            _removals++;
            if (_ofUser.TryGetValue(removed, out var watched))
                watched.GroupRemovals.Last = _removals;
            if (_watchers.TryGetValue(removed, out var watching))
                watching.GroupRemovals.Last = _removals;
        }
    }

    private Subscription Hold(Subscriber subscriber, UserId user)
    {
        if (!_ofConnection.TryGetValue(subscriber.Connection, out var held))
        {
            _ofConnection.Add(subscriber.Connection, held = []);
            EntryOf(_watchers, subscriber.Device.User).All.Add(subscriber.Connection);
        }
        if (held.TryGetValue(user, out var subscription))
            return subscription;

        // Earlier removals did not mark this subscription, so the last of all counts, of whatever user.
        var watched = EntryOf(_ofUser, user);
        subscription = new Subscription(subscriber, user, (watched.GroupRemovals, _watchers[subscriber.Device.User].GroupRemovals), since: _removals);
        held.Add(user, subscription);
        watched.All.Add(subscription);
        _count++;
        metrics.Subscriptions.Add(1);
        return subscription;
    }

    private void Drop(Subscription subscription)
    {
        var (device, connection) = subscription.Subscriber;
        if (!_ofConnection.TryGetValue(connection, out var held)
            || !held.TryGetValue(subscription.User, out var current) || current != subscription)
            return;
        held.Remove(subscription.User);
        if (held.Count == 0)
        {
            _ofConnection.Remove(connection);
            RemoveFrom(_watchers, device.User, connection);
        }
        if (RemoveFrom(_ofUser, subscription.User, subscription))
            _unwatched.Add(subscription.User);
        _count--;
        metrics.Subscriptions.Add(-1);
    }

    private static UserEntry<T> EntryOf<T>(Dictionary<UserId, UserEntry<T>> index, UserId user)
    {
        if (!index.TryGetValue(user, out var entry))
            index.Add(user, entry = new UserEntry<T>());
        return entry;
    }

    /// <returns>Whether it was the user's last one.</returns>
    private static bool RemoveFrom<T>(Dictionary<UserId, UserEntry<T>> index, UserId user, T one)
    {
        var entry = index[user];
        entry.All.Remove(one);
        return entry.All.Count == 0 && index.Remove(user);
    }

    private sealed class UserEntry<T>
    {
        public GroupRemovals GroupRemovals { get; } = new();

        public HashSet<T> All { get; } = [];
    }
}
