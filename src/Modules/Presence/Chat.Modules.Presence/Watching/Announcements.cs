using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Chat.BuildingBlocks.Ids;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Watching;

/// <summary>
/// The watched users whose state has changed, each once, however often it did: what is announced is the state when its turn comes. When full
/// (which takes as many users as there may be subscriptions), the change goes unannounced and is seen with the next.
/// </summary>
internal sealed class Announcements(Subscriptions subscriptions, IOptions<PresenceOptions> options, PresenceMetrics metrics)
{
    private readonly Channel<UserId> _queue =
        Channel.CreateBounded<UserId>(new BoundedChannelOptions(options.Value.MaxSubscriptions) { SingleReader = true });

    // Who is in the queue.
    private readonly ConcurrentDictionary<UserId, bool> _waiting = new();

    /// <summary>Never waits. To be called after the state has changed.</summary>
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

    /// <summary>For one reader. A change that comes while a user is being announced puts it in again.</summary>
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
