using System.Collections.Concurrent;
using Chat.BuildingBlocks.Concurrency;
using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Chat.Modules.Presence.LastSeen;
using Chat.Modules.Presence.Online;
using Chat.Modules.Presence.Watching;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Nodes;

/// <summary>
/// Presence between the nodes. Each node knows who is connected to it, and tells that to the nodes that watch the user; nothing of it is kept in Redis. What may have been lost
/// on the way is said again: this node declares what it watches, and is answered with the states. The users of a node that has left are online for the grace
/// period yet, as they may connect elsewhere.
/// </summary>
internal sealed class PresenceRelay(
    OnlineUsers online, RemoteUsers remote, RemoteInterests interests, Announcements announcements, LastSeenTimes lastSeen, INodes nodes, IBus bus,
    IOptions<PresenceOptions> options, IOptions<NodesOptions> nodesOptions, TimeProvider clock, ILogger<PresenceRelay> log) : BackgroundService, IBusHandler, INodeObserver
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _grace = TimeSpan.FromMilliseconds(options.Value.OfflineGraceMs);
    private readonly TimeSpan _lease = TimeSpan.FromMilliseconds(nodesOptions.Value.LeaseMs);

    // The nodes that may not know what this one watches.
    private readonly ConcurrentDictionary<NodeId, bool> _toTell = new();
    private readonly Signal _hasToTell = new();

    // When this node's lease began.
    private long _leaseSince;

    // Nodes that have left, whose users may still connect elsewhere.
    private readonly ConcurrentDictionary<ITimer, bool> _graces = new();

    public string Topic => PresenceMessage.Topic;

    public ValueTask ReceiveAsync(NodeId from, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        var message = PresenceMessage.Decode(payload);
        if (message.Watch is { } watched)
            interests.Watch(from, watched, message.Question, online.StateHere);
        if (message.Unwatch is { } unwatched)
            interests.Unwatch(from, unwatched);
        if (message.States is not null)
            Announce(remote.Take(from, message));
        if (message.AsksAgain)
            Declare(from);
        return default;
    }

    public void LeaseGained(NodeId self)
    {
        Volatile.Write(ref _leaseSince, clock.GetTimestamp());
        foreach (var node in nodes.Live)
            Declare(node);
    }

    public void Joined(NodeId node) => Declare(node);

    public void Left(NodeId node)
    {
        interests.Forget(node);
        remote.Left(node);
        // Where Redis was away, nodes come back under another name, each as soon as it has seen that Redis is there.
        var sinceLease = clock.GetElapsedTime(Volatile.Read(ref _leaseSince));
        ForgetAfter(sinceLease < _lease ? _grace + _lease : _grace, node);
    }

    public void Missed(NodeId from)
    {
        Declare(from);
        bus.Send(from, PresenceMessage.Topic, new PresenceMessage { AsksAgain = true }.Encode());
    }

    public override void Dispose()
    {
        foreach (var (grace, _) in _graces)
            grace.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(SweepAsync(stoppingToken), DeclareAsync(stoppingToken));

    private async Task SweepAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(SweepEvery, clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            remote.Sweep();
            if (!_toTell.IsEmpty)
                _hasToTell.Set();
        }
    }

    private async Task DeclareAsync(CancellationToken ct)
    {
        while (true)
        {
            await _hasToTell.WaitAsync(ct);
            var asked = _toTell.Keys.Where(node => _toTell.TryRemove(node, out _)).ToList();
            // Read after that, so that one that is not live has left.
            var to = nodes.Live.Intersect(asked).ToList();
            try
            {
                await remote.DeclareAsync(to, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.WatchesNotDeclared(e);
                to.ForEach(node => _toTell[node] = true);
            }
        }
    }

    private void Declare(NodeId to)
    {
        _toTell[to] = true;
        _hasToTell.Set();
    }

    private void ForgetAfter(TimeSpan time, NodeId node)
    {
        var leftAt = clock.GetUtcNow();
        ITimer? timer = null;
        timer = clock.CreateTimer(_ => Forget(timer!, node, leftAt), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _graces[timer] = true;
        timer.Change(time, Timeout.InfiniteTimeSpan);
    }

    private void Forget(ITimer grace, NodeId node, DateTimeOffset leftAt)
    {
        _graces.TryRemove(grace, out _);
        grace.Dispose();
        var gone = remote.Forget(node, leftAt);
        // The node could not say it itself, or has said it before.
        foreach (var user in gone.Where(user => !online.IsHere(user)))
            lastSeen.Note(user, leftAt);
        Announce(gone);
    }

    private void Announce(IReadOnlyList<UserId> changed)
    {
        foreach (var user in changed)
        {
            if (!online.IsHere(user))
                announcements.Offer(user);
        }
    }
}
