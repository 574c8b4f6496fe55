using Chat.BuildingBlocks.Errors;
using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Watching;

/// <summary>
/// Which connections are told of whom. Held only for users who were visible when asked for: who becomes visible later is asked for again.
/// </summary>
/// <remarks>
/// A subscription that rests on a common group is checked again, at the next announcement, after watcher or watched was removed from any
/// group; so each check is paid by a removal, not by each coming and going, and nobody is told of a former group mate. Removals are
/// numbered: a check that began before one of them is no proof after it.
/// </remarks>
internal sealed class Subscriptions(IOptions<PresenceOptions> options, PresenceMetrics metrics)
{
    private readonly int _maxPerConnection = options.Value.MaxSubscriptionsPerConnection;
    private readonly int _max = options.Value.MaxSubscriptions;
    private readonly Lock _lock = new();

    // All change under _lock: by the handlers of commands and events, and by the announcing worker.
    private readonly Dictionary<ConnectionId, Dictionary<UserId, Subscription>> _ofConnection = [];
    private readonly Dictionary<UserId, UserEntry<Subscription>> _ofUser = [];
    private readonly Dictionary<UserId, UserEntry<ConnectionId>> _watchers = [];
    private int _count;
    private long _removals;

    /// <summary>How many removals from groups there have been: to be asked for before a check begins.</summary>
    public long Removals
    {
        get
        {
            lock (_lock)
                return _removals;
        }
    }

    public bool IsWatched(UserId user)
    {
        lock (_lock)
            return _ofUser.ContainsKey(user);
    }

    /// <summary>Unsubscribes, then subscribes; all of it, or a refusal and nothing.</summary>
    /// <param name="unsubscribe">Unknown ones are passed over.</param>
    /// <param name="subscribe">Visible users, and why.</param>
    /// <param name="checkedAt"><see cref="Removals"/> before that was found out.</param>
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

    /// <summary>Those who are told of a user: the confirmed ones, and those whose visibility must be checked first.</summary>
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

    /// <summary>A check has found that the watcher may see the user.</summary>
    public void Confirm(Subscription subscription, Visibility visibility, long checkedAt)
    {
        lock (_lock)
            (subscription.Visibility, subscription.CheckedAt) = (visibility, checkedAt);
    }

    /// <summary>A user was removed from a group: what it watches, and who watches it, must be checked again.</summary>
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

        // No removal before it was there has doubted it, so the last of them counts, whomever it concerned.
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
        RemoveFrom(_ofUser, subscription.User, subscription);
        _count--;
        metrics.Subscriptions.Add(-1);
    }

    private static UserEntry<T> EntryOf<T>(Dictionary<UserId, UserEntry<T>> index, UserId user)
    {
        if (!index.TryGetValue(user, out var entry))
            index.Add(user, entry = new UserEntry<T>());
        return entry;
    }

    private static void RemoveFrom<T>(Dictionary<UserId, UserEntry<T>> index, UserId user, T one)
    {
        var entry = index[user];
        entry.All.Remove(one);
        if (entry.All.Count == 0)
            index.Remove(user);
    }

    private sealed class UserEntry<T>
    {
        public GroupRemovals GroupRemovals { get; } = new();

        public HashSet<T> All { get; } = [];
    }
}
