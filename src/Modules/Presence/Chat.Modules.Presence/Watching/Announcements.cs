using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Watching;

/// <summary>
/// The subscribed users whose state changed, each once: the state is read when the user is announced. When full (as many users as there may be
/// subscriptions) the change is not announced, and is seen with the next.
/// </summary>
internal sealed class Announcements(Subscriptions subscriptions, IOptions<PresenceOptions> options, PresenceMetrics metrics)
{
    private readonly Channel<UserId> _queue =
        Channel.CreateBounded<UserId>(new BoundedChannelOptions(options.Value.MaxSubscriptions) { SingleReader = true });

    // The users in the queue.
    private readonly ConcurrentDictionary<UserId, bool> _waiting = new();

    /// <summary>Does not wait. Call after the state changed.</summary>
    public void Offer(UserId user)
    {
        if (!subscriptions.IsWatched(user) || !_waiting.TryAdd(user, true))
            return;
        if (_queue.Writer.TryWrite(user))
        {
            metrics.WaitingAnnouncements.Add(1);
            return;
        }
        _waiting.TryRemove(user, out _);
        metrics.DroppedAnnouncements.Add(1);
    }

    /// <summary>For one reader. A change while a user is being announced queues the user again.</summary>
    public async IAsyncEnumerable<UserId> ReadAllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var user in _queue.Reader.ReadAllAsync(ct))
        {
            _waiting.TryRemove(user, out _);
            metrics.WaitingAnnouncements.Add(-1);
            yield return user;
        }
    }
}
