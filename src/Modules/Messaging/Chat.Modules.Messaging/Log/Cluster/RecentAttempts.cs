using Chat.BuildingBlocks.Ids;
using Chat.Modules.Messaging.Contracts;

namespace Chat.Modules.Messaging.Log.Cluster;

/// <summary>
/// The attempts that this server has answered recently, so that repeated attempts are answered without new claims. Bounded: older ones are found in the log.
/// </summary>
internal sealed class RecentAttempts
{
    private const int MaxKept = 50_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(UserId, string), MessageLocation> _places = [];
    private readonly Queue<(UserId, string)> _order = new();

    public MessageLocation? Find(UserId sender, string clientMsgId)
    {
        lock (_lock)
            return _places.GetValueOrDefault((sender, clientMsgId));
    }

    public void Add(UserId sender, string clientMsgId, MessageLocation place)
    {
        lock (_lock)
        {
            if (!_places.ContainsKey((sender, clientMsgId)))
                _order.Enqueue((sender, clientMsgId));
            _places[(sender, clientMsgId)] = place;
            if (_order.Count > MaxKept)
                _places.Remove(_order.Dequeue());
        }
    }
}
