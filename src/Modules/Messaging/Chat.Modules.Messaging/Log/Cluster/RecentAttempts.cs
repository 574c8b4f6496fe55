using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// The attempts that this host has answered lately, so that a client which repeats one again and again finds its message without new
/// claims; and those that failed, whose message nobody has heard of yet should it be in the log after all. Bounded: what is forgotten is
/// found in the log.
/// </summary>
internal sealed class RecentAttempts
{
    private const int MaxKept = 50_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(UserId, string), MessagePlace?> _places = [];
    private readonly Queue<(UserId, string)> _order = new();

    public MessagePlace? Find(UserId sender, string clientMsgId)
    {
        lock (_lock)
            return _places.GetValueOrDefault((sender, clientMsgId));
    }

    /// <summary>Whether an attempt's last answer was that it may have happened.</summary>
    public bool WasInDoubt(UserId sender, string clientMsgId)
    {
        lock (_lock)
            return _places.TryGetValue((sender, clientMsgId), out var place) && place is null;
    }

    public void Add(UserId sender, string clientMsgId, MessagePlace place) => Keep((sender, clientMsgId), place);

    public void AddInDoubt(UserId sender, string clientMsgId) => Keep((sender, clientMsgId), null);

    private void Keep((UserId, string) attempt, MessagePlace? place)
    {
        lock (_lock)
        {
            if (!_places.ContainsKey(attempt))
                _order.Enqueue(attempt);
            _places[attempt] = place;
            if (_order.Count > MaxKept)
                _places.Remove(_order.Dequeue());
        }
    }
}
