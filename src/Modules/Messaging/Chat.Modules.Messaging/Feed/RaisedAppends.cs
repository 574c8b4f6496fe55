using Chat.Modules.Messaging.Log;

namespace Chat.Modules.Messaging.Feed;

/// <summary>
/// Up to which activity each message that was acked has been raised as <c>MessageAppended</c>. A message that is still to be raised was given its
/// activity after its append began, so it stands above the log's newest message of that moment.
/// </summary>
internal sealed class RaisedAppends(IMessageLog log)
{
    private readonly Lock _lock = new();

    // In the order in which they began, so that the first stands lowest. As many as there are appends under way.
    private readonly LinkedList<Activity> _underWay = new();

    public Activity UpTo
    {
        get
        {
            // First: an append that begins after this look stands above it.
            var newest = log.ActivityFloor;
            lock (_lock)
                return _underWay.First is { } first && first.Value < newest ? first.Value : newest;
        }
    }

    /// <summary>An append begins; <see cref="End"/> is to follow when its message was raised, or the append has failed.</summary>
    public LinkedListNode<Activity> Begin()
    {
        lock (_lock)
            return _underWay.AddLast(log.ActivityFloor);
    }

    public void End(LinkedListNode<Activity> append)
    {
        lock (_lock)
            _underWay.Remove(append);
    }
}
