using Chat.BuildingBlocks.Ids;
using Chat.Modules.Presence.Online;

namespace Chat.Modules.Presence.Watching;

/// <summary>
/// Connections that subscribed while they were not known as connected: either their <c>DeviceConnected</c> is yet to come, or they have ended before the
/// command did. The two look the same, so the subscriptions are kept, and removed if the connection is still not known after a minute.
/// </summary>
internal sealed class UnconfirmedSubscribers(Subscriptions subscriptions, OnlineUsers online, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();

    // Both change under _lock, by the handlers of subscribe commands. Oldest first; each connection once, so no longer than the patience's unconfirmed.
    private readonly Queue<(UserId User, ConnectionId Connection, long Since)> _unconfirmed = [];
    private readonly HashSet<ConnectionId> _known = [];

    /// <summary>Call for each command, after its subscriptions are added.</summary>
    public void Observe(UserId user, ConnectionId connection)
    {
        var isUnconfirmed = !online.IsConnected(user, connection);
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            while (_unconfirmed.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.Since, now) >= Patience)
            {
                _unconfirmed.Dequeue();
                _known.Remove(oldest.Connection);
                if (!online.IsConnected(oldest.User, oldest.Connection))
                    subscriptions.Remove(oldest.Connection);
            }
            if (isUnconfirmed && _known.Add(connection))
                _unconfirmed.Enqueue((user, connection, now));
        }
    }
}
