using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Contracts;
using Chat.Modules.Presence.LastSeen;
using Chat.Modules.Presence.Nodes;
using Chat.Modules.Presence.Watching;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Online;

/// <summary>
/// The users who are online: they have a connection, or had one less than the grace period ago. So a reconnect is not announced, and a new connection may
/// come before the device's old one ends. Each node has its own; whom others have, <see cref="RemoteUsers"/> knows.
/// </summary>
internal sealed class OnlineUsers(
    Announcements announcements, LastSeenTimes lastSeen, RemoteUsers remote, RemoteInterests interests, IOptions<PresenceOptions> options, PresenceMetrics metrics, TimeProvider clock)
{
    private readonly TimeSpan _grace = TimeSpan.FromMilliseconds(options.Value.OfflineGraceMs);
    private readonly Lock _lock = new();

    // It and its users are written under _lock, by connection events and by the timers of the grace period.
    private readonly Dictionary<UserId, OnlineUser> _users = [];

    public void Connect(UserId user, ConnectionId connection)
    {
        lock (_lock)
        {
            if (_users.TryGetValue(user, out var known))
            {
                known.Connections.Add(connection);
                known.Departure?.Cancel();
                known.Departure = null;
                return;
            }
            _users.Add(user, new OnlineUser(connection));
        }
        metrics.OnlineUsers.Add(1);
        Announce(user);
    }

    public void Disconnect(UserId user, ConnectionId connection)
    {
        lock (_lock)
        {
            if (!_users.TryGetValue(user, out var known) || !known.Connections.Remove(connection) || known.Connections.Count > 0)
                return;
            lastSeen.Note(user, clock.GetUtcNow());
            known.Departure = new Departure(user, this);
            known.Departure.Begin(_grace, clock);
        }
    }

    public bool IsConnected(UserId user, ConnectionId connection)
    {
        lock (_lock)
            return _users.TryGetValue(user, out var known) && known.Connections.Contains(connection);
    }

    /// <summary>Whether the user is online at this node.</summary>
    public bool IsHere(UserId user)
    {
        lock (_lock)
            return _users.ContainsKey(user);
    }

    /// <summary>What this node says to others.</summary>
    public StateAtNode StateHere(UserId user) =>
        IsHere(user) ? new StateAtNode(user, IsOnline: true, LastSeen: null) : new StateAtNode(user, IsOnline: false, lastSeen.Unwritten(user));

    /// <summary>The present state, over all nodes. <paramref name="times"/> are last-seen times that were just read.</summary>
    public PresenceState StateOf(UserId user, IReadOnlyDictionary<UserId, DateTimeOffset> times)
    {
        if (IsHere(user) || remote.IsOnline(user))
            return new PresenceState(user, Online: true, LastSeen: null);
        DateTimeOffset? read = times.TryGetValue(user, out var at) ? at : null;
        return new PresenceState(user, Online: false, Later(Later(lastSeen.Unwritten(user), remote.LastSeenOf(user)), read));
    }

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;

    private void Leave(Departure departure)
    {
        lock (_lock)
        {
            // Another departure, or none: the user came back after this timer fired.
            if (!_users.TryGetValue(departure.User, out var known) || known.Departure != departure)
                return;
            _users.Remove(departure.User);
            departure.Cancel();
        }
        metrics.OnlineUsers.Add(-1);
        Announce(departure.User);
    }

    private void Announce(UserId user)
    {
        interests.Tell(user, StateHere);
        if (!remote.IsOnline(user))
            announcements.Offer(user);
    }

    private sealed class OnlineUser(ConnectionId first)
    {
        /// <summary>Usually one for each device.</summary>
        public List<ConnectionId> Connections { get; } = [first];

        /// <summary>Set while there is no connection.</summary>
        public Departure? Departure { get; set; }
    }

    private sealed class Departure(UserId user, OnlineUsers owner)
    {
        private ITimer? _timer;

        public UserId User => user;

        public void Begin(TimeSpan grace, TimeProvider clock)
        {
            _timer = clock.CreateTimer(static departure => ((Departure)departure!).End(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(grace, Timeout.InfiniteTimeSpan);
        }

        public void Cancel() => _timer?.Dispose();

        private void End() => owner.Leave(this);
    }
}
