using Chat.BuildingBlocks.Ids;
using Chat.BuildingBlocks.Nodes;
using Microsoft.Extensions.Options;

namespace Chat.Modules.Presence.Nodes;

/// <summary>
/// Which users other nodes watch: one entry for each node and user, however many connections of that node subscribe. When there are
/// <see cref="PresenceOptions.MaxRemoteInterests"/>, a node that watches more is told every change.
/// </summary>
internal sealed class RemoteInterests(INodes nodes, IBus bus, IOptions<PresenceOptions> options, PresenceMetrics metrics)
{
    private readonly int _max = options.Value.MaxRemoteInterests;

    // Held while a state is read and sent, so that the last state sent to a node is the last one.
    private readonly Lock _gate = new();

    // Under _gate. Null for a node that is told every change.
    private readonly Dictionary<NodeId, HashSet<UserId>?> _interests = [];
    private int _count;

    /// <summary>A node watches these users from here on. It is sent their present states.</summary>
    /// <param name="stateOf">The present state of a user here.</param>
    public void Watch(NodeId node, IReadOnlyList<UserId> users, long question, Func<UserId, StateAtNode> stateOf)
    {
        lock (_gate)
        {
            // One that has left is forgotten already.
            if (!nodes.Live.Contains(node))
                return;
            Add(node, users);
            var answer = new PresenceMessage { Question = question, States = [.. users.Select(stateOf)], IsToldAll = _interests[node] is null };
            bus.Send(node, PresenceMessage.Topic, answer.Encode());
        }
    }

    public void Unwatch(NodeId node, IReadOnlyList<UserId> users)
    {
        lock (_gate)
        {
            if (_interests.GetValueOrDefault(node) is { } watched)
                Count(-users.Count(watched.Remove));
        }
    }

    /// <summary>A node has left.</summary>
    public void Forget(NodeId node)
    {
        lock (_gate)
        {
            if (_interests.Remove(node, out var watched))
                Count(-(watched?.Count ?? 0));
        }
    }

    /// <summary>A user's state here has changed: each node that watches it is told once.</summary>
    /// <inheritdoc cref="Watch"/>
    public void Tell(UserId user, Func<UserId, StateAtNode> stateOf)
    {
        lock (_gate)
        {
            PresenceMessage? change = null;
            foreach (var (node, watched) in _interests)
            {
                if (watched?.Contains(user) is false)
                    continue;
                change ??= new PresenceMessage { States = [stateOf(user)] };
                bus.Send(node, PresenceMessage.Topic, (watched is null ? change with { IsToldAll = true } : change).Encode());
            }
        }
    }

    private void Add(NodeId node, IReadOnlyList<UserId> users)
    {
        if (!_interests.TryGetValue(node, out var watched))
            _interests.Add(node, watched = []);
        if (watched is null)
            return;
        var before = watched.Count;
        watched.UnionWith(users);
        Count(watched.Count - before);
        if (_count <= _max)
            return;
        Count(-watched.Count);
        _interests[node] = null;
    }

    private void Count(int more)
    {
        _count += more;
        metrics.RemoteInterests.Add(more);
    }
}
